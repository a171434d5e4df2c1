/*
   ----------------------------------------------------------------

   Notice that the following BSD-style license applies to this one
   file (vmtrace.h) only.  The rest of vmtrace is licensed under the
   terms of the GNU General Public License, version 2, unless
   otherwise indicated.  See the COPYING file in the source
   distribution for details.

   ----------------------------------------------------------------

   This file is part of vmtrace, a virtual-memory profiler.

   Copyright (C) 2026 the vmtrace authors.  All rights reserved.

   Redistribution and use in source and binary forms, with or without
   modification, are permitted provided that the following conditions
   are met:

   1. Redistributions of source code must retain the above copyright
      notice, this list of conditions and the following disclaimer.

   2. The origin of this software must not be misrepresented; you must
      not claim that you wrote the original software.  If you use this
      software in a product, an acknowledgment in the product
      documentation would be appreciated but is not required.

   3. Altered source versions must be plainly marked as such, and must
      not be misrepresented as being the original software.

   4. The name of the author may not be used to endorse or promote
      products derived from this software without specific prior written
      permission.

   THIS SOFTWARE IS PROVIDED BY THE AUTHOR ``AS IS'' AND ANY EXPRESS
   OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED
   WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE
   ARE DISCLAIMED.  IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY
   DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
   DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE
   GOODS OR SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS
   INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY,
   WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING
   NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS
   SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.

   ----------------------------------------------------------------
*/

/* What a program can tell vmtrace, the virtual-memory profiler.

   Everything here is a macro, in C and in C++.  In a program that is not
   run by `valgrind --tool=vmtrace' each costs a handful of instructions
   that do nothing; under another tool of Valgrind's, too.  With
   NVALGRIND or NVMTRACE defined before this file is included, nothing is
   left of them, no argument is evaluated, and Valgrind's own header,
   <valgrind/valgrind.h>, is not needed.

   Whatever is asked for concerns the whole process, whichever thread asks. */

#ifndef VMTRACE_VMTRACE_H
#define VMTRACE_VMTRACE_H

#if !defined(NVALGRIND) && !defined(NVMTRACE)

#include <valgrind/valgrind.h>

/* These numbers are in programs: the order stays, new ones go to the end. */
typedef
   enum {
      VMT_USERREQ__RUNNING = VG_USERREQ_TOOL_BASE('V','T'),
      VMT_USERREQ__PHASE_BEGIN,
      VMT_USERREQ__PHASE_END,
      VMT_USERREQ__SNAPSHOT,
      VMT_USERREQ__START_COUNTING,
      VMT_USERREQ__STOP_COUNTING,
      VMT_USERREQ__RESET
   } Vmt_ClientRequest;

#define VMT_REQUEST__(request, name)                                    \
   VALGRIND_DO_CLIENT_REQUEST_STMT(request, name, 0, 0, 0, 0)

/* 1 if the program runs under vmtrace, else 0. */
#define VMTRACE_RUNNING                                                 \
   ((int) VALGRIND_DO_CLIENT_REQUEST_EXPR(0, VMT_USERREQ__RUNNING,      \
                                          0, 0, 0, 0, 0))

#else

#define VMT_REQUEST__(request, name) do { if (0) { (void) (name); } } while (0)
#define VMTRACE_RUNNING 0

#endif

/* The program enters, or leaves, a phase: a part of its work that has a
   name, a string of at most 200 bytes, which need not outlive the call.
   What the process does in between is told apart by its name, all times
   together: see the section Phases of `vmtrace report', --phase=NAME
   there, and `vmtrace timeline'.  Several phases may be open at once,
   within each other or overlapping.  A name that is begun again while it
   is open has to be ended as often; an end without a begin is ignored,
   and noted. */
#define VMTRACE_PHASE_BEGIN(name) VMT_REQUEST__(VMT_USERREQ__PHASE_BEGIN, name)
#define VMTRACE_PHASE_END(name) VMT_REQUEST__(VMT_USERREQ__PHASE_END, name)

/* Notes the totals so far and the resident memory, under a name: for the
   Snapshots of `vmtrace report'. */
#define VMTRACE_SNAPSHOT(name) VMT_REQUEST__(VMT_USERREQ__SNAPSHOT, name)

/* Counts, or does not count, what happens from here on.  While nothing is
   counted memory is simulated all the same: pages that the program
   touches are resident afterwards, and in the TLBs.  With the option
   --count-atstart=no nothing is counted before the first START. */
#define VMTRACE_START_COUNTING VMT_REQUEST__(VMT_USERREQ__START_COUNTING, 0)
#define VMTRACE_STOP_COUNTING VMT_REQUEST__(VMT_USERREQ__STOP_COUNTING, 0)

/* Forgets all that was counted so far.  What is resident stays so, and is
   known to be. */
#define VMTRACE_RESET VMT_REQUEST__(VMT_USERREQ__RESET, 0)

#endif
