/* The rules of vmt_areas one by one, each with the picture that the kernel's
   would give: one letter a page, the next letter for the next area, a capital
   when the area has frames, a dot where nothing is mapped.  */

#include <string.h>

#include "tests/areas/testing.h"
#include "vmtrace/mmu/mechanisms/areas.h"

#define RW (VMT_AREA_READ | VMT_AREA_WRITE)
#define PROT VMT_AREA_PROTECTION

enum { N_PAGES = 12, BASE = 0x400 };

static struct vmt_areas areas;

static vmt_addr
at(uint64_t page)
{
   return (BASE + page) << VMT_PAGE_SHIFT;
}

static const char *
drawing(void)
{
   static char text[N_PAGES + 1];
   const struct vmt_area *last = NULL;
   char letter = 'a' - 1;

   for (uint64_t i = 0; i < N_PAGES; i++) {
      const struct vmt_area *area = vmt_areas_find(&areas, at(i));

      if (area != NULL && area != last)
         letter++;
      last = area != NULL ? area : last;
      text[i] = area == NULL ? '.' : area->frames_id != 0 ? (char)(letter - 32) : letter;
   }
   text[N_PAGES] = '\0';
   return text;
}

static void
expect_at(int line, const char *expected)
{
   if (strcmp(drawing(), expected) == 0)
      return;
   fprintf(stderr, "wanted %s\ngot    %s\n", expected, drawing());
   check_failed(__FILE__, line, "the drawing");
}

#define expect(drawn) expect_at(__LINE__, drawn)

static void
start_again(void)
{
   vmt_areas_free(&areas);
   check(n_blocks_held == 0);
   check(vmt_areas_init(&areas) == VMT_OK);
   expect("............");
}

static enum vmt_status
map_as(struct vmt_area as, uint64_t first, uint64_t end)
{
   as.start = at(first);
   as.end = at(end);
   return vmt_areas_map(&areas, &as);
}

static void
map(uint64_t first, uint64_t end)
{
   check(map_as((struct vmt_area){.flags = RW}, first, end) == VMT_OK);
}

static void
map_file(uint64_t first, uint64_t end, uint64_t object, uint64_t page_offset)
{
   check(map_as((struct vmt_area){.flags = RW, .backing = VMT_BACKING_FILE,
                                  .object = object, .page_offset = page_offset},
                first, end) == VMT_OK);
}

static void
unmap(uint64_t first, uint64_t end)
{
   check(vmt_areas_unmap(&areas, at(first), at(end)) == VMT_OK);
}

static void
protect(uint64_t first, uint64_t end, uint32_t prot)
{
   check(vmt_areas_change(&areas, at(first), at(end), PROT, prot) == VMT_OK);
}

static void
touch(uint64_t page)
{
   vmt_areas_note_frame(&areas, vmt_areas_find(&areas, at(page)));
}

static enum vmt_status
try_move(uint64_t from, uint64_t from_end, uint64_t to, uint64_t to_end, bool keep)
{
   return vmt_areas_move(&areas, at(from), at(from_end) - at(from), at(to),
                         at(to_end) - at(to), keep);
}

static void
move(uint64_t from, uint64_t from_end, uint64_t to, uint64_t to_end)
{
   check(try_move(from, from_end, to, to_end, false) == VMT_OK);
}

static void
test_map(void)
{
   start_again();
   map(1, 3);
   expect(".aa.........");
   map(5, 7);
   expect(".aa..bb.....");
   map(3, 4);                                   /* below */
   expect(".aaa.bb.....");
   map(4, 5);                                   /* both sides */
   expect(".aaaaaa.....");
   check(vmt_areas_find(&areas, at(1))->page_offset == BASE + 1);
   check(areas.n_mapped_pages == 6);
   check(map_as((struct vmt_area){.flags = VMT_AREA_READ}, 2, 5) == VMT_OK);
   expect(".abbbcc.....");
   map(0, 12);                                  /* over all of them */
   expect("aaaaaaaaaaaa");
   check(areas.n_mapped_pages == 12);
   unmap(4, 6);
   unmap(0, 1);
   expect(".aaa..bbbbbb");
   map(11, 12);                                 /* over its own end */
   expect(".aaa..bbbbbb");
   check(areas.n_mapped_pages == 9);
}

static void
test_backings(void)
{
   start_again();
   map_file(0, 2, 7, 10);
   map_file(2, 4, 7, 12);                       /* runs on */
   expect("aaaa........");
   map_file(4, 6, 7, 15);                       /* does not */
   map_file(6, 8, 8, 17);                       /* another file */
   expect("aaaabbcc....");
   check(map_as((struct vmt_area){.flags = RW, .backing = VMT_BACKING_SHMEM,
                                  .object = 8, .page_offset = 19}, 8, 9) == VMT_OK);
   expect("aaaabbccd...");
   map(9, 10);
   expect("aaaabbccde..");
   protect(1, 2, VMT_AREA_READ);
   expect("abccddeefg..");
   check(vmt_areas_find(&areas, at(2))->page_offset == 12);
   protect(1, 2, RW);
   expect("aaaabbccde..");

   /* Shared mappings of one object merge, of two do not.  */
   start_again();
   for (uint64_t i = 0; i < 4; i++)
      check(map_as((struct vmt_area){.flags = RW | VMT_AREA_SHARED,
                                     .backing = VMT_BACKING_SHMEM,
                                     .object = 1 + i / 3, .page_offset = i},
                   i, i + 1) == VMT_OK);
   expect("aaab........");
}

static void
test_flags(void)
{
   struct vmt_area special = {.flags = VMT_AREA_READ | VMT_AREA_SPECIAL};

   start_again();
   check(map_as(special, 0, 1) == VMT_OK);
   check(map_as(special, 1, 2) == VMT_OK);
   expect("ab..........");
   check(vmt_areas_change(&areas, at(0), at(2), 0, VMT_AREA_LOCKED) == VMT_OK);
   check((vmt_areas_find(&areas, at(0))->flags & VMT_AREA_LOCKED) == 0);

   start_again();
   map(0, 3);
   check(map_as((struct vmt_area){.flags = RW | VMT_AREA_EXCLUDED}, 3, 5) == VMT_OK);
   expect("aaabb.......");
   check(areas.n_mapped_pages == 3 && areas.n_excluded_pages == 2);
   check(vmt_areas_change(&areas, at(2), at(4), 0, VMT_AREA_EXCLUDED) == VMT_OK);
   expect("aabbb.......");
   check(areas.n_mapped_pages == 2 && areas.n_excluded_pages == 3);
   unmap(1, 3);
   check(areas.n_mapped_pages == 1 && areas.n_excluded_pages == 2);

   /* Every flag keeps neighbours apart until it is taken back.  */
   for (uint32_t bit = 4; bit <= 18; bit++) {
      uint32_t flag = (uint32_t)1 << bit;

      if (flag == VMT_AREA_ACCOUNT || flag == VMT_AREA_SPECIAL)
         continue;
      start_again();
      map(0, 4);
      check(vmt_areas_change(&areas, at(1), at(3), 0, flag) == VMT_OK);
      expect("abbc........");
      check(vmt_areas_change(&areas, at(0), at(4), flag, 0) == VMT_OK);
      expect("aaaa........");
   }
}

/* VMT_AREA_ACCOUNT follows mprotect_fixup.  */
static void
test_account(void)
{
   start_again();
   map(0, 4);
   protect(1, 2, VMT_AREA_READ);                /* never touched: given back */
   check(vmt_areas_find(&areas, at(1))->flags == VMT_AREA_READ);
   touch(2);
   protect(3, 4, VMT_AREA_READ);                /* touched: stays */
   check(vmt_areas_find(&areas, at(3))->flags == (VMT_AREA_READ | VMT_AREA_ACCOUNT));
   expect("abCD........");
   check(map_as((struct vmt_area){.flags = VMT_AREA_READ}, 4, 5) == VMT_OK);
   expect("abCDe.......");                      /* so these two stay apart */
   protect(4, 5, RW);
   check(vmt_areas_find(&areas, at(4))->flags == (RW | VMT_AREA_ACCOUNT));

   start_again();
   check(map_as((struct vmt_area){.flags = VMT_AREA_NORESERVE}, 0, 2) == VMT_OK);
   protect(0, 2, RW);
   check(vmt_areas_find(&areas, at(0))->flags == (RW | VMT_AREA_NORESERVE));
}

static void
test_labels(void)
{
   start_again();
   for (uint32_t label = 3; label > 0; label--)
      check(map_as((struct vmt_area){.flags = RW, .label = label}, label,
                   label + 1) == VMT_OK);
   expect(".aaa........");
   check(vmt_areas_find(&areas, at(3))->label == 1);
}

static void
test_frames(void)
{
   start_again();
   map(0, 4);
   touch(1);
   protect(2, 3, VMT_AREA_READ);
   expect("AABC........");                      /* all have those they were split with */
   protect(2, 3, RW);
   expect("AAAA........");

   /* New areas have none, and merge with any.  */
   map(4, 5);
   expect("AAAAA.......");

   /* Two with frames of their own never merge, and of two candidates the lower
      one is taken.  */
   start_again();
   map(0, 2);
   touch(0);
   map(4, 6);
   touch(4);
   expect("AA..BB......");
   map(2, 4);
   expect("AAAABB......");

   /* A neighbour's frames are taken where mprotect alone keeps the two apart:
      first those of the one above.  */
   start_again();
   map_file(0, 6, 1, 0);
   protect(2, 4, VMT_AREA_READ);
   touch(0);
   touch(4);
   expect("AAbbCC......");
   touch(2);
   check(vmt_areas_find(&areas, at(0))->frames_id == 1);
   check(vmt_areas_find(&areas, at(2))->frames_id == 2);
   check(vmt_areas_find(&areas, at(4))->frames_id == 2);
   protect(2, 4, RW);
   expect("AABBBB......");
   start_again();
   map_file(0, 4, 1, 0);
   protect(2, 4, VMT_AREA_READ | VMT_AREA_EXEC);
   touch(0);
   touch(2);                                    /* from below */
   protect(2, 4, RW);
   expect("AAAA........");

   /* Not where another flag differs: here the account that read-only pages gave
      back.  */
   start_again();
   map(0, 4);
   protect(2, 4, VMT_AREA_READ);
   touch(0);
   touch(2);
   protect(2, 4, RW);
   expect("AABB........");
}

static void
test_fork(void)
{
   start_again();
   map(0, 3);
   touch(0);
   protect(1, 2, VMT_AREA_READ);
   map(4, 6);
   touch(4);
   check(vmt_areas_change(&areas, at(4), at(6), 0, VMT_AREA_WIPEONFORK) == VMT_OK);
   map(7, 8);
   check(vmt_areas_change(&areas, at(7), at(8), 0, VMT_AREA_DONTFORK) == VMT_OK);
   map(9, 10);
   check(vmt_areas_change(&areas, at(9), at(10), 0, VMT_AREA_LOCKED) == VMT_OK);
   expect("ABC.DD.e.f..");
   vmt_areas_become_child(&areas);
   expect("ABC.dd...e..");
   check(areas.n_mapped_pages == 6);
   protect(1, 2, RW);
   expect("ABC.dd...e..");                      /* frames of their own now */
   map(3, 4);
   expect("ABCdee...f..");                      /* nor do new pages join them */
   map(10, 11);
   expect("ABCdee...ff.");
   check(try_move(2, 3, 2, 3, false) == VMT_OK);
   unmap(3, 4);
   check(try_move(2, 3, 2, 4, false) == VMT_OK);
   expect("ABCCdd...ee.");
}

static void
test_resize(void)
{
   start_again();
   map(0, 2);
   map(4, 5);
   move(0, 2, 0, 3);
   expect("aaa.b.......");
   move(0, 3, 0, 4);                            /* up to the next: one area */
   expect("aaaaa.......");
   check(areas.n_mapped_pages == 5);
   move(1, 5, 1, 3);
   expect("aaa.........");
   move(1, 3, 1, 3);
   map(4, 5);
   check(try_move(1, 3, 1, 5, false) == VMT_BAD_INPUT);  /* in the way */
   check(try_move(0, 2, 0, 4, false) == VMT_BAD_INPUT);  /* from its middle */
   expect("aaa.b.......");
   check(areas.n_mapped_pages == 4);
}

static void
test_move(void)
{
   /* Never touched: the page offset is that of the new place, so it merges
      there, even with what it was a part of.  */
   start_again();
   map(0, 3);
   map(6, 7);
   move(0, 1, 7, 8);
   expect(".aa...bb....");
   move(1, 2, 3, 4);
   expect("..aa..bb....");
   check(vmt_areas_find(&areas, at(3))->page_offset == BASE + 2);

   /* Touched: the offset goes with it, so it merges where it came from.  */
   start_again();
   map(0, 3);
   touch(0);
   move(1, 2, 5, 7);                            /* and grows */
   expect("A.B..CC.....");
   check(vmt_areas_find(&areas, at(5))->page_offset == BASE + 1);
   map(7, 8);
   expect("A.B..CCd....");
   move(5, 6, 1, 2);
   expect("AAA...Bc....");
   move(0, 3, 8, 9);                            /* and shrinks */
   expect("......AbC...");
   check(areas.n_mapped_pages == 3);

   /* Over what is there, the source's own area too.  */
   start_again();
   map(0, 6);
   touch(0);
   move(0, 2, 3, 5);
   expect("..ABBC......");
   check(areas.n_mapped_pages == 4);
}

static void
test_keep_old(void)
{
   start_again();
   map(0, 4);
   touch(0);
   check(vmt_areas_change(&areas, at(0), at(4), 0, VMT_AREA_LOCKED) == VMT_OK);
   check(try_move(0, 2, 6, 8, true) == VMT_OK);
   expect("AAAA..BB....");                      /* a part: the rest needs them */
   check((vmt_areas_find(&areas, at(3))->flags & VMT_AREA_LOCKED) == 0);
   check((vmt_areas_find(&areas, at(6))->flags & VMT_AREA_LOCKED) != 0);
   check(try_move(0, 4, 6, 10, true) == VMT_OK);
   expect("aaaa..BBBB..");
   check(areas.n_mapped_pages == 8);

   /* A shared area is mapped a second time.  */
   start_again();
   check(map_as((struct vmt_area){.flags = RW | VMT_AREA_SHARED,
                                  .backing = VMT_BACKING_SHMEM, .object = 1},
                0, 2) == VMT_OK);
   move(1, 1, 2, 3);
   expect("aab.........");
   check(vmt_areas_find(&areas, at(2))->page_offset == 1);
}

static void
test_grow_down(void)
{
   struct vmt_area stack = {.flags = RW | VMT_AREA_GROWSDOWN};

   start_again();
   map(1, 2);
   check(map_as(stack, 6, 8) == VMT_OK);
   check(vmt_areas_grow_down(&areas, vmt_areas_find(&areas, at(6)), at(4)) == VMT_OK);
   expect(".a..BBBB....");
   check(vmt_areas_find(&areas, at(4))->page_offset == BASE + 4);
   check(vmt_areas_grow_down(&areas, vmt_areas_find(&areas, at(6)), at(1))
         == VMT_BAD_INPUT);
   check(vmt_areas_grow_down(&areas, vmt_areas_find(&areas, at(6)), at(4))
         == VMT_BAD_INPUT);
   check(vmt_areas_grow_down(&areas, vmt_areas_find(&areas, at(6)), at(2)) == VMT_OK);
   expect(".aBBBBBB....");
   check(areas.n_mapped_pages == 7);

   /* Its offset cannot fall below 0.  */
   start_again();
   stack.backing = VMT_BACKING_FILE;
   stack.page_offset = 1;
   check(map_as(stack, 6, 8) == VMT_OK);
   check(vmt_areas_grow_down(&areas, vmt_areas_find(&areas, at(6)), at(4))
         == VMT_BAD_INPUT);
   check(vmt_areas_grow_down(&areas, vmt_areas_find(&areas, at(6)), at(5)) == VMT_OK);
}

static void
test_bad_input(void)
{
   struct vmt_area odd = {.start = at(1) + 1, .end = at(2), .flags = RW};

   start_again();
   map(0, 4);
   check(vmt_areas_map(&areas, &odd) == VMT_BAD_INPUT);
   check(map_as((struct vmt_area){.flags = RW}, 2, 2) == VMT_BAD_INPUT);
   check(map_as((struct vmt_area){.flags = RW | VMT_AREA_SHARED}, 2, 3)
         == VMT_BAD_INPUT);
   check(vmt_areas_unmap(&areas, at(2), at(1)) == VMT_BAD_INPUT);
   check(vmt_areas_change(&areas, at(2), at(2) + 9, 0, 1) == VMT_BAD_INPUT);
   check(try_move(2, 5, 6, 9, false) == VMT_BAD_INPUT);  /* ends in a hole */
   check(try_move(5, 6, 7, 8, false) == VMT_BAD_INPUT);  /* begins in one */
   check(try_move(0, 2, 1, 3, false) == VMT_BAD_INPUT);  /* overlap */
   check(try_move(1, 3, 0, 2, false) == VMT_BAD_INPUT);
   check(try_move(0, 2, 6, 6, false) == VMT_BAD_INPUT);  /* to nothing */
   check(try_move(0, 2, 6, 7, true) == VMT_BAD_INPUT);   /* keep, another size */
   check(try_move(0, 2, 0, 2, true) == VMT_BAD_INPUT);   /* keep, in place */
   check(try_move(0, 0, 6, 7, false) == VMT_BAD_INPUT);  /* private, twice */
   check(vmt_areas_move(&areas, at(0), ~(uint64_t)0 << 12, at(6), 4096, false)
         == VMT_BAD_INPUT);
   expect("aaaa........");
   check(areas.n_mapped_pages == 4);
}

/* The ends of the address space.  */
static void
test_ends(void)
{
   struct vmt_area first = {.start = 0, .end = 4096, .flags = RW};
   struct vmt_area last = {.start = ~(uint64_t)0 << 13, .end = ~(uint64_t)0 << 12,
                           .flags = RW};

   start_again();
   check(vmt_areas_map(&areas, &first) == VMT_OK);
   check(vmt_areas_map(&areas, &last) == VMT_OK);
   check(vmt_areas_from(&areas, 0)->start == 0);
   check(vmt_areas_from(&areas, 4096)->start == last.start);
   check(vmt_areas_from(&areas, last.end) == NULL);
   check(vmt_areas_unmap(&areas, 0, last.end) == VMT_OK);
   check(vmt_areas_from(&areas, 0) == NULL && areas.n_mapped_pages == 0);
}

int
main(void)
{
   testing_set_port();
   check(vmt_areas_init(&areas) == VMT_OK);
   test_map();
   test_backings();
   test_flags();
   test_account();
   test_labels();
   test_frames();
   test_fork();
   test_resize();
   test_move();
   test_keep_old();
   test_grow_down();
   test_bad_input();
   test_ends();
   start_again();
   vmt_areas_free(&areas);
   return 0;
}
