/* How much stack the dynamic loader saves vector registers in.

   glibc saves them at the first call of each function (_dl_runtime_resolve), in a place
   whose size it takes from CPUID, leaf 0xd, once: that of the components that can hold
   arguments (sysdeps/x86/cpu-features.c, update_active).  Valgrind's processor has no
   AVX-512 and says 832 bytes where this one may say 2432: natively many a program has a
   page of stack more.  So the leaf says what glibc makes of this host's.  */

#include "vmtrace/tool/layout.h"
#include "vmtrace/tool/tool.h"
#include "vmtrace_config.h"

#ifdef HAVE_WRAP_CPUID

#include "libvex_guest_amd64.h"

#define SAVED_STATE_LEAF 0xd
#define XSAVEC_BIT 2u                   /* of eax of its second part */
#define FIRST_COMPONENT_BYTES 576u      /* x87, SSE, and the header */

/* STATE_SAVE_MASK of sysdeps/x86_64/dl-trampoline-save.h without what is in
   the first: AVX, MPX's bounds, AVX-512.  */
static const UInt components[] = {2, 3, 5, 6, 7};

/* priv/guest_amd64_defs.h */
void __real_amd64g_dirtyhelper_CPUID_avx2(VexGuestAMD64State *state, ULong f16c,
                                          ULong rdrand, ULong rdseed);
void __wrap_amd64g_dirtyhelper_CPUID_avx2(VexGuestAMD64State *state, ULong f16c,
                                          ULong rdrand, ULong rdseed);

struct answer {
   UInt eax, ebx, ecx, edx;
};

static struct answer
ask_host(UInt part)
{
   struct answer answer;

   __asm__ volatile("cpuid"
                    : "=a"(answer.eax), "=b"(answer.ebx), "=c"(answer.ecx),
                      "=d"(answer.edx)
                    : "a"(SAVED_STATE_LEAF), "c"(part));
   return answer;
}

/* In the compact form, where the processor has it (XSAVEC): one component after
   the other, some at a multiple of 64 bytes.  */
static UInt
saved_bytes(void)
{
   UInt bytes = FIRST_COMPONENT_BYTES, i;

   if ((ask_host(1).eax & XSAVEC_BIT) == 0)
      return ask_host(0).ebx;
   for (i = 0; i < sizeof components / sizeof components[0]; i++) {
      struct answer component = ask_host(components[i]);

      if ((component.ecx & 2) != 0)
         bytes = (bytes + 63) & ~63u;
      bytes += component.eax;
   }
   return bytes;
}

void
__wrap_amd64g_dirtyhelper_CPUID_avx2(VexGuestAMD64State *state, ULong f16c,
                                     ULong rdrand, ULong rdseed)
{
   Bool asked = (UInt)state->guest_RAX == SAVED_STATE_LEAF &&
                (UInt)state->guest_RCX == 0;

   __real_amd64g_dirtyhelper_CPUID_avx2(state, f16c, rdrand, rdseed);
   if (asked && layout_is_native() && saved_bytes() > state->guest_RBX)
      state->guest_RBX = saved_bytes();
}

#endif
