/* What the environment did to us: no memory, a bad file.  A function that
   returns anything but VMT_OK has left its object as it was.  What the traced
   program did is a result, never a status; a bug of ours is an assert.  */

#ifndef VMT_MMU_BASE_STATUS_H
#define VMT_MMU_BASE_STATUS_H

enum vmt_status {
   VMT_OK = 0,
   VMT_NO_MEMORY,
   VMT_BAD_INPUT
};

#endif
