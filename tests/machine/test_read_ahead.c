/* How many pages of a file are read from the disk at a fault, with limited memory and a
   cold page cache: do_sync_mmap_readahead of mm/filemap.c, 6.16 to 6.18, with the default
   read_ahead_kb of 128, which is 32 pages.  */

#include "tests/mmu/check.h"
#include "vmtrace/mmu/machine/machine.h"

#define PAGE VMT_PAGE_BYTES
#define START ((vmt_addr)1 << 30)
#define FILE_PAGES 200

static struct vmt_machine machine;

/* Pages of the file that a first access reads: its pages [first, first + n_pages) are
   mapped, and `page' of the file is accessed.  */
static uint64_t
n_read(uint64_t first, uint64_t n_pages, uint32_t flags, uint64_t page)
{
   static const struct vmt_settings settings = {
      .n_cores = 1, .stack_limit_bytes = 8 << 20, .window_instrs = 1000000,
      .ram_bytes = 1000 * PAGE, .swap_bytes = VMT_UNLIMITED};
   struct vmt_area area = {.start = START, .end = START + n_pages * PAGE,
                           .flags = VMT_AREA_READ | flags, .page_offset = first,
                           .backing = VMT_BACKING_FILE};
   struct vmt_machine_config config;
   struct vmt_outcome outcome;
   uint32_t n_shootdowns;
   uint64_t n;

   vmt_machine_config_generic(&config);
   CHECK_EQ(vmt_machine_init(&machine, &config, &settings), VMT_OK);
   area.object = vmt_machine_object(&machine, FILE_PAGES * PAGE, true);
   CHECK_EQ(vmt_machine_map(&machine, &area, &n_shootdowns), VMT_OK);
   vmt_machine_access(&machine, START + (page - first) * PAGE,
                      (flags & VMT_AREA_EXEC) != 0 ? VMT_FETCH : VMT_READ, 1, &outcome);
   CHECK_EQ(outcome.event, VMT_EV_FileMaj);
   n = machine.frames.memory->kernel.counts.n_file_read;
   vmt_machine_free(&machine);
   return n;
}

/* 16 pages before and 16 from the page on, as far as there is a file.  */
static void
check_data(void)
{
   CHECK_EQ(n_read(0, FILE_PAGES, 0, 100), 32);
   CHECK_EQ(n_read(100, 10, 0, 105), 32);       /* whatever is mapped */
   CHECK_EQ(n_read(0, FILE_PAGES, 0, 3), 32);   /* pages 0 to 31 */
   CHECK_EQ(n_read(0, FILE_PAGES, 0, 190), 26); /* pages 174 to 199 */
}

/* 32 pages from the page on, as far as they are mapped there and there is a file.  */
static void
check_code(void)
{
   CHECK_EQ(n_read(0, FILE_PAGES, VMT_AREA_EXEC, 100), 32);
   CHECK_EQ(n_read(100, 10, VMT_AREA_EXEC, 103), 7);
   CHECK_EQ(n_read(190, 20, VMT_AREA_EXEC, 195), 5);
}

static void
check_advice(void)
{
   CHECK_EQ(n_read(0, FILE_PAGES, VMT_AREA_RAND_READ, 100), 1);
   CHECK_EQ(n_read(0, FILE_PAGES, VMT_AREA_RAND_READ | VMT_AREA_EXEC, 100), 1);
   CHECK_EQ(n_read(0, FILE_PAGES, VMT_AREA_SEQ_READ, 180), 20);
}

int
main(void)
{
   test_begin("test_read_ahead");
   check_data();
   check_code();
   check_advice();
   return test_end();
}
