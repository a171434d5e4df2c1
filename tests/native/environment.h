/* The environment that a program is to have natively: what a file has, as execve wants
   it.  */

#ifndef TESTS_NATIVE_ENVIRONMENT_H
#define TESTS_NATIVE_ENVIRONMENT_H

/* Strings that end in NUL each; NULL with errno set.  The process keeps them.  */
char **read_environment(const char *path);

#endif
