#include "vmtrace/tool/objects.h"

#include "vmtrace/mmu/containers/hashmap.h"
#include "vmtrace/mmu/containers/vector.h"
#include "vmtrace/tool/contents.h"
#include "vmtrace/tool/folio_map.h"
#include "vmtrace/tool/rawcall.h"
#include "vmtrace/tool/tool.h"
#include "vmtrace/tool/tree.h"

#include <elf.h>

/* include/uapi/linux/magic.h */
#define TMPFS_MAGIC 0x01021994
#define HUGETLBFS_MAGIC 0x958458f6

/* Program headers and notes of a file lie well within this, or are not read. */
#define HEADER_BYTES 4096

/* No device has this number.  */
#define SYSTEM_V_DEVICE ~0ull

static struct vmt_vector objects, labels;
static struct vmt_hashmap by_file;      /* device and inode -> object id */
static Bool others_share;               /* this process has forked, or was forked */

static void *
push(struct vmt_vector *vector)
{
   void *record = vmt_vector_push(vector);

   if (record == NULL)
      tool_no_memory();
   return record;
}

void
objects_init(void)
{
   vmt_vector_init(&objects, "files", sizeof(struct tool_object));
   vmt_vector_init(&labels, "labels", sizeof(struct tool_label));
   vmt_hashmap_init(&by_file, "files by inode");
   push(&objects);
   push(&labels);
}

UInt
objects_label(const HChar *name, const HChar *kind)
{
   struct tool_label *label;
   UInt i;

   for (i = 1; i < labels.n_records; i++) {
      label = vmt_vector_at(&labels, i);
      if (VG_STREQ(label->name, name) && VG_STREQ(label->kind, kind))
         return i;
   }

   /* Areas are charged by a 16-bit label; the rest share the last.  */
   if (labels.n_records >= 65535)
      return 65534;
   label = push(&labels);
   label->name = VG_(strdup)("vmtrace.label", name);
   label->kind = kind;
   return labels.n_records - 1;
}

const struct tool_object *
objects_get(UInt id)
{
   return vmt_vector_at(&objects, id);
}

Bool
objects_defined(UInt id)
{
   struct tool_object *object = vmt_vector_at(&objects, id);
   Bool was = object->defined;

   object->defined = True;
   return was;
}

void
objects_forget_defined(void)
{
   UInt id;

   for (id = 1; id < objects.n_records; id++) {
      struct tool_object *object = vmt_vector_at(&objects, id);

      object->defined = False;
   }
}

UInt
objects_n_labels(void)
{
   return labels.n_records - 1;
}

const struct tool_label *
objects_get_label(UInt id)
{
   return vmt_vector_at(&labels, id);
}

/* ---- files ---- */

#define FILE_TYPE 0170000
#define REGULAR_FILE 0100000
#define CHARACTER_DEVICE 0020000
#define ZERO_DEVICE 0x105               /* major 1, minor 5 */

static UInt
new_object(const HChar *path, const HChar *kind, ULong bytes, Bool on_device)
{
   UInt id = objects.n_records;
   struct tool_object *object = push(&objects);

   if (vmt_machine_object(&tool_machine, bytes, on_device) != id)
      tool_no_memory();
   object->path = VG_(strdup)("vmtrace.path", path);
   object->label = objects_label(path, kind);
   object->is_shmem = !on_device;
   object->is_preload = VG_(strstr)(path, "/vgpreload_") != NULL;
   return id;
}

static uint64_t
key_of(const struct vg_stat *st)
{
   return st->ino << 16 ^ st->dev;
}

static Bool
is_file(UInt id, ULong dev, ULong ino)
{
   const struct tool_object *object = objects_get(id);

   return object->ino == ino && object->dev == dev;
}

UInt
objects_known(const struct vg_stat *st)
{
   const uint64_t *newest = vmt_hashmap_find(&by_file, key_of(st));
   UInt id = newest != NULL ? (UInt)*newest : 0;

   while (id != 0 && !is_file(id, st->dev, st->ino))
      id = objects_get(id)->older;
   return id;
}

UInt
objects_next_of(UInt id)
{
   ULong dev = objects_get(id)->dev, ino = objects_get(id)->ino;

   do
      id = objects_get(id)->older;
   while (id != 0 && !is_file(id, dev, ino));
   return id;
}

static UInt
known_by_path(const struct vg_stat *st, const HChar *path)
{
   UInt id = objects_known(st);

   while (id != 0 && !VG_STREQ(objects_get(id)->path, path))
      id = objects_next_of(id);
   return id;
}

static const HChar *
kind_of(Bool is_regular, Bool is_shmem)
{
   if (!is_regular)
      return "special";
   return is_shmem ? "shmem" : "file";
}

/* can_do_mincore() of mm/mincore.c: to others it says that all is there.  */
static Bool
we_own(const struct vg_stat *st)
{
   UInt user = (UInt)VG_(geteuid)();

   return user == 0 || user == st->uid;
}

static UInt
enter_file(const struct vg_stat *st, const HChar *path, Int fd, Bool is_shmem)
{
   Bool is_regular = (st->mode & FILE_TYPE) == REGULAR_FILE;
   UInt id = known_by_path(st, path);
   struct tool_object *object;
   uint64_t *slot;

   if (id == 0) {
      id = new_object(path, kind_of(is_regular, is_shmem),
                      is_regular ? (ULong)st->size : ~0ull,
                      !is_shmem || !is_regular);
      if (vmt_hashmap_put(&by_file, key_of(st), &slot) != VMT_OK)
         tool_no_memory();
      object = vmt_vector_at(&objects, id);
      object->dev = st->dev;
      object->ino = st->ino;
      vmt_machine_set_object_identity(&tool_machine, id, st->dev, st->ino);
      object->is_special = !is_regular;
      object->older = (UInt)*slot;
      *slot = id;
      if (is_regular && !is_shmem)
         folio_map_apply(id, st);
   }
   if (is_regular)
      contents_learn(id, st, fd);
   object = vmt_vector_at(&objects, id);
   object->tells_pages = is_regular && is_shmem && we_own(st);
   if (object->tells_pages && others_share)
      vmt_machine_share_object(&tool_machine, id);
   return id;
}

Bool
objects_fd_is_shmem(Int fd)
{
   Long kind = rawcall_fs_magic(fd);

   return kind == TMPFS_MAGIC || kind == HUGETLBFS_MAGIC;
}

UInt
objects_of_fd(Int fd)
{
   HChar link[64], path[4096];
   struct vg_stat st;
   SSizeT n;

   if (VG_(fstat)(fd, &st) != 0)
      return 0;
   VG_(snprintf)(link, sizeof link, "/proc/self/fd/%d", fd);
   n = VG_(readlink)(link, path, sizeof path - 1);
   path[n > 0 ? n : 0] = 0;
   return enter_file(&st, path, fd, objects_fd_is_shmem(fd));
}

UInt
objects_of_path(const HChar *path)
{
   SysRes opened = VG_(open)(path, VKI_O_RDONLY, 0);
   struct vg_stat st;
   UInt id = 0;

   if (sr_isError(opened))
      return 0;
   if (VG_(fstat)((Int)sr_Res(opened), &st) == 0)
      id = enter_file(&st, path, (Int)sr_Res(opened),
                      objects_fd_is_shmem((Int)sr_Res(opened)));
   VG_(close)((Int)sr_Res(opened));
   return id;
}

UInt
objects_anonymous(const HChar *name)
{
   UInt id = new_object(name, "shmem", ~0ull, False);
   struct tool_object *object = vmt_vector_at(&objects, id);

   object->tells_pages = True;
   vmt_machine_set_nameless(&tool_machine, id);
   return id;
}

/* Anonymous memory is seen by processes of the run alone, and of these all is known.  */
static Bool
is_changed_by_others(const struct tool_object *object)
{
   return object->tells_pages &&
          (object->ino != 0 || object->has_outsiders || !tree_identity().shares);
}

UInt
objects_system_v(UWord segment)
{
   UInt id = objects_anonymous("[System V shared]");
   struct tool_object *object = vmt_vector_at(&objects, id);

   object->has_outsiders = True;
   vmt_machine_set_object_identity(&tool_machine, id, SYSTEM_V_DEVICE, segment + 1);
   return id;
}

void
objects_become_shared(void)
{
   UInt id;

   others_share = True;
   for (id = 1; id < objects.n_records; id++)
      if (is_changed_by_others(objects_get(id)))
         vmt_machine_share_object(&tool_machine, id);
}

Bool
objects_refresh_size(Addr addr)
{
   const struct vmt_area *area = vmt_areas_find(&tool_machine.areas, addr);
   const struct tool_object *object;
   struct vg_stat st;
   const struct vmt_object *known;

   if (area == NULL || area->object == 0)
      return False;
   object = objects_get((UInt)area->object);
   known = vmt_vector_at(&tool_machine.objects, (UInt)area->object);
   if (object->ino == 0 || sr_isError(VG_(stat)(object->path, &st)) ||
       st.ino != object->ino || st.dev != object->dev ||
       (ULong)st.size == known->bytes)
      return False;
   vmt_machine_set_object_bytes(&tool_machine, (UInt)area->object,
                                (uint64_t)st.size);
   return True;
}

Bool
objects_is_zero_device(Int fd)
{
   struct vg_stat st;

   return VG_(fstat)(fd, &st) == 0 &&
          (st.mode & FILE_TYPE) == CHARACTER_DEVICE && st.rdev == ZERO_DEVICE;
}

/* ---- ELF ---- */

static void
read_build_id(struct tool_object *object, const HChar *notes, ULong bytes)
{
   ULong at = 0;

   while (at + sizeof(Elf64_Nhdr) <= bytes && object->build_id == NULL) {
      const Elf64_Nhdr *note = (const Elf64_Nhdr *)(notes + at);
      ULong name = at + sizeof *note;
      ULong desc = name + ((note->n_namesz + 3) & ~3u);
      UInt i;

      if (note->n_namesz > bytes || note->n_descsz > bytes ||
          desc + note->n_descsz > bytes)
         return;
      if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
          VG_(memcmp)(notes + name, "GNU", 4) == 0) {
         object->build_id =
            VG_(malloc)("vmtrace.build-id", 2 * note->n_descsz + 1);
         for (i = 0; i < note->n_descsz; i++)
            VG_(sprintf)(object->build_id + 2 * i, "%02x",
                         (UChar)notes[desc + i]);
      }
      at = desc + ((note->n_descsz + 3) & ~3u);
   }
}

static void
read_program_header(struct tool_object *object, const Elf64_Phdr *segment,
                    Int fd)
{
   const UInt max = sizeof object->loads / sizeof object->loads[0];
   HChar notes[HEADER_BYTES];
   SSizeT n;

   if (segment->p_type == PT_LOAD && object->n_loads < max)
      object->loads[object->n_loads++] = (struct tool_load){
         segment->p_offset, segment->p_filesz, segment->p_vaddr};
   if (segment->p_type != PT_NOTE || segment->p_filesz > sizeof notes)
      return;
   n = rawcall_pread(fd, notes, segment->p_filesz, segment->p_offset);
   if (n > 0)
      read_build_id(object, notes, (ULong)n);
}

static void
read_headers(struct tool_object *object, Int fd)
{
   HChar start[HEADER_BYTES];
   const Elf64_Ehdr *elf = (const Elf64_Ehdr *)start;
   SSizeT n = rawcall_pread(fd, start, sizeof start, 0);
   UInt i;

   if (n < (SSizeT)sizeof *elf ||
       VG_(memcmp)(elf->e_ident, ELFMAG, SELFMAG) != 0 ||
       elf->e_ident[EI_CLASS] != ELFCLASS64 ||
       elf->e_phentsize != sizeof(Elf64_Phdr) ||
       elf->e_phoff > sizeof start ||
       elf->e_phoff + (ULong)elf->e_phnum * sizeof(Elf64_Phdr) > (ULong)n)
      return;
   object->is_elf = True;
   for (i = 0; i < elf->e_phnum; i++)
      read_program_header(object,
                          (const Elf64_Phdr *)(start + elf->e_phoff) + i, fd);
}

void
objects_read_headers(UInt id)
{
   struct tool_object *object = vmt_vector_at(&objects, id);
   SysRes opened;

   if (object->headers_read)
      return;
   object->headers_read = True;
   opened = VG_(open)(object->path, VKI_O_RDONLY, 0);
   if (sr_isError(opened))
      return;
   read_headers(object, (Int)sr_Res(opened));
   VG_(close)((Int)sr_Res(opened));
}

UInt
objects_locate(Addr pc, Addr *offset)
{
   const struct vmt_area *area = vmt_areas_find(&tool_machine.areas, pc);
   const struct tool_object *object;
   ULong at;
   UInt i;

   *offset = pc;
   if (area == NULL || area->object == 0)
      return 0;
   objects_read_headers((UInt)area->object);
   object = objects_get((UInt)area->object);
   at = (area->page_offset << VMT_PAGE_SHIFT) + (pc - area->start);
   if (object->ino == 0)
      return 0;
   *offset = at;
   for (i = 0; i < object->n_loads; i++) {
      const struct tool_load *load = &object->loads[i];

      if (at >= load->file_offset &&
          at < load->file_offset + load->file_bytes)
         *offset = at - load->file_offset + load->vaddr;
   }
   return (UInt)area->object;
}
