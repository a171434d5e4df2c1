/* What can happen, by the names that profiles and reports use.

   The fault kinds come first; every fault has exactly one, and they add up to
   Flt.  Prot, Segv and Bus are no faults of that sum: the kernel answers them
   with a signal.  */

#ifndef VMT_MMU_MACHINE_EVENTS_H
#define VMT_MMU_MACHINE_EVENTS_H

#define VMT_FAULT_KINDS(X)                                                     \
   X(ZeroRd)    /* first touch of private anonymous memory, a read */          \
   X(ZeroWr)    /* ... a write: a zeroed frame */                              \
   X(ZeroCow)   /* write to a page that showed the zero page */                \
   X(FileRd)    /* read or fetch of a file page in the page cache */           \
   X(FileCow)   /* write to a private file page: copied */                     \
   X(FileWr)    /* first write to a clean page of a shared file mapping */     \
   X(ShmRd)     /* first touch of tmpfs or shared anonymous memory, a read */  \
   X(ShmWr)     /* ... a write */                                              \
   X(ForkCow)   /* write to a frame shared by a fork: copied */                \
   X(Reuse)     /* write-protected frame of one owner: taken as it is */       \
   X(FileMaj)   /* file page read from the device */                           \
   X(SwapIn)    /* page read back from swap */                                 \
   X(SwapHit)   /* page still in the swap cache */                             \
   X(HugeZero)  /* first touch served by a huge page */

#define VMT_OTHER_EVENTS(X)                                                    \
   X(Evict)     /* a page lost its frame: whose access needed one */           \
   X(Refault)   /* a fault on a page that had lost its frame */                \
   X(SwapOut)   /* a page was written to swap */                               \
   X(Thrash)    /* those Refaults that a little more memory would have spared */ \
   X(Prot)      /* no right: a signal */                                       \
   X(Segv)      /* no area: a signal */                                        \
   X(Bus)       /* beyond the end of the file: a signal */                     \
   X(ItlbM)     /* misses of the L1 instruction TLB */                         \
   X(DtlbM)     /* ... of the L1 data TLB */                                   \
   X(StlbM)     /* ... of the shared L2 TLB: a page walk */                    \
   X(WalkRef)   /* page-table entries loaded by walks */                       \
   X(Shoot)     /* entries dropped on other cores */                           \
   X(RssPages)  /* pages made resident that were there at the peak */

enum vmt_event {
#define VMT_EVENT_ID(name) VMT_EV_##name,
   VMT_FAULT_KINDS(VMT_EVENT_ID)
   VMT_N_FAULT_KINDS,
   VMT_EV_BEFORE_OTHERS = VMT_N_FAULT_KINDS - 1,
   VMT_OTHER_EVENTS(VMT_EVENT_ID)
#undef VMT_EVENT_ID
   VMT_N_EVENTS
};

/* "ZeroRd", ...  */
extern const char *const vmt_event_names[VMT_N_EVENTS];

static inline int
vmt_event_is_major(enum vmt_event event)
{
   return event == VMT_EV_FileMaj || event == VMT_EV_SwapIn;
}

#endif
