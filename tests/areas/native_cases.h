/* What chance seldom finds, against the running kernel.  */

#ifndef VMT_TESTS_AREAS_NATIVE_CASES_H
#define VMT_TESTS_AREAS_NATIVE_CASES_H

/* Needs the region of native_set_up(), and replaces it by another one.  Fails as
   native_fail() does.  */
void native_check_cases(void);

#endif
