#include "vmtrace/mmu/machine/machine_file.h"

#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/machine/text.h"

#define QUOTED_BYTES 40                 /* of the file's text in a message */

enum setting {
   SET_NAME, SET_TITLE, SET_SOURCE, SET_VA_BITS, SET_PA_BITS, SET_PAGE_BYTES,
   SET_LEVELS, SET_WALK_CACHE, SET_FAULT_AROUND,
   SET_ITLB, SET_ITLB_2M, SET_ITLB_1G,          /* in the order of enum */
   SET_DTLB, SET_DTLB_2M, SET_DTLB_1G,          /* vmt_page_size */
   SET_STLB, SET_STLB_2M, SET_STLB_1G,
   N_SETTINGS
};

static const char *const setting_names[N_SETTINGS] = {
   "name", "title", "source", "va_bits", "pa_bits", "page_bytes",
   "levels", "walk_cache", "fault_around",
   "itlb", "itlb.2m", "itlb.1g",
   "dtlb", "dtlb.2m", "dtlb.1g",
   "stlb", "stlb.2m", "stlb.1g"
};

static const char *const policy_names[] = {
   [VMT_TLB_LRU] = "lru",
   [VMT_TLB_PLRU] = "plru",
   [VMT_TLB_FIFO] = "fifo",
   [VMT_TLB_RANDOM] = "random"
};

static const struct vmt_text no_text = { NULL, 0 };

#define N_POLICIES (sizeof policy_names / sizeof policy_names[0])

struct number_list {
   uint32_t n;                          /* 0: not given, or `none` */
   uint32_t values[VMT_MAX_LEVELS];
};

struct parser {
   struct vmt_machine_config config;
   struct number_list levels, walk_cache;       /* top level first */
   uint32_t line;
   uint32_t line_of[N_SETTINGS];                /* 0: not given */
   struct vmt_machine_file_error *error;
};

/* --- Errors --- */

static void
message_add(struct vmt_machine_file_error *error, struct vmt_text text)
{
   size_t used = vmt_string_bytes(error->message);

   for (size_t i = 0; i < text.bytes && used + 1 < sizeof error->message; i++) {
      char c = text.at[i];

      error->message[used++] = c >= ' ' && c <= '~' ? c : '?';
  }
   error->message[used] = '\0';
}

static void
message_add_string(struct vmt_machine_file_error *error, const char *string)
{
   message_add(error, (struct vmt_text){ string, vmt_string_bytes(string) });
}

/* "<before><quoted><after>" at the parser's line.  Always false, so that a
   caller can return it.  */
static bool
fail_quoting(struct parser *parser, const char *before, struct vmt_text quoted,
             const char *after)
{
   struct vmt_machine_file_error *error = parser->error;

   error->line = parser->line;
   error->message[0] = '\0';
   message_add_string(error, before);
   if (quoted.bytes > QUOTED_BYTES) {
      quoted.bytes = QUOTED_BYTES;
      message_add(error, quoted);
      message_add_string(error, "...");
  } else
      message_add(error, quoted);
   message_add_string(error, after);
   return false;
}

static bool
fail(struct parser *parser, const char *message)
{
   return fail_quoting(parser, message, no_text, "");
}

/* "dtlb = 64,3: <why>" */
static bool
fail_value(struct parser *parser, enum setting setting, struct vmt_text value,
           const char *why)
{
   fail_quoting(parser, setting_names[setting], no_text, " = ");
   message_add(parser->error, value.bytes > QUOTED_BYTES
                                 ? (struct vmt_text){ value.at, QUOTED_BYTES }
                                 : value);
   message_add_string(parser->error, ": ");
   message_add_string(parser->error, why);
   return false;
}

/* --- Values --- */

/* NULL, or what is wrong with the text.  */
static const char *
shape_read(struct vmt_text text, struct vmt_tlb_shape *shape)
{
   struct vmt_tlb_shape read = { 0, 0, VMT_TLB_LRU };
   struct vmt_text entries, ways;
   size_t policy;

   if (vmt_text_is(vmt_text_trim(text), "none")) {
      *shape = read;
      return NULL;
  }
   entries = vmt_text_cut(&text, ',');
   if (text.at == NULL)
      return "expected entries,ways or entries,ways,policy or none";
   ways = vmt_text_cut(&text, ',');
   if (!vmt_text_number(entries, &read.n_entries) ||
       !vmt_text_number(ways, &read.n_ways))
      return "expected whole numbers of entries and ways";
   if (read.n_entries == 0)
      return "0 entries are written as none";
   if (text.at != NULL) {
      struct vmt_text word = vmt_text_cut(&text, ',');

      for (policy = 0; policy < N_POLICIES; policy++) {
         if (vmt_text_is(word, policy_names[policy]))
            break;
     }
      if (policy == N_POLICIES || text.at != NULL)
         return "the policy is one of lru, plru, fifo, random";
      read.policy = (enum vmt_tlb_policy)policy;
  }
   if (vmt_tlb_shape_fault(&read) != NULL)
      return vmt_tlb_shape_fault(&read);
   *shape = read;
   return NULL;
}

static bool
read_shape(struct parser *parser, enum setting setting, struct vmt_text value)
{
   struct vmt_machine_config *config = &parser->config;
   struct vmt_tlb_shape *shapes = setting < SET_DTLB   ? config->itlb
                                  : setting < SET_STLB ? config->dtlb
                                                       : config->stlb;
   const char *fault;

   if (setting == SET_STLB_2M && vmt_text_is(value, "shared")) {
      config->stlb_shared_2m = true;
      return true;
  }
   fault = shape_read(value, &shapes[(setting - SET_ITLB) % VMT_N_PAGE_SIZES]);
   return fault == NULL || fail_value(parser, setting, value, fault);
}

static bool
read_name(struct parser *parser, enum setting setting, struct vmt_text value)
{
   char *to = setting == SET_NAME ? parser->config.name : parser->config.title;

   if (value.bytes >= VMT_NAME_BYTES)
      return fail_value(parser, setting, value, "longer than 63 bytes");
   for (size_t i = 0; i < value.bytes; i++) {
      if (value.at[i] < ' ' || value.at[i] > '~')
         return fail_value(parser, setting, value, "not plain ASCII");
      if (setting == SET_NAME && value.at[i] == ' ')
         return fail_value(parser, setting, value, "a name is one word");
  }
   memcpy(to, value.at, value.bytes);
   to[value.bytes] = '\0';
   return true;
}

static bool
read_list(struct parser *parser, enum setting setting, struct vmt_text value,
          struct number_list *list)
{
   struct vmt_text rest = value;

   list->n = 0;
   if (setting == SET_WALK_CACHE && vmt_text_is(value, "none"))
      return true;
   do {
      struct vmt_text word = vmt_text_cut(&rest, ',');

      if (list->n == VMT_MAX_LEVELS)
         return fail_value(parser, setting, value, "more than 5 numbers");
      if (!vmt_text_number(word, &list->values[list->n]))
         return fail_value(parser, setting, value,
                           "expected whole numbers with commas between them");
      list->n++;
  } while (rest.at != NULL);
   return true;
}

static bool
read_page_bytes(struct parser *parser, struct vmt_text value)
{
   uint32_t bytes;

   if (!vmt_text_number(value, &bytes) || bytes == 0 ||
       (bytes & (bytes - 1)) != 0)
      return fail_value(parser, SET_PAGE_BYTES, value, "not a power of two");
   parser->config.page_shift = (uint32_t)__builtin_ctz(bytes);
   return true;
}

static bool
read_bits(struct parser *parser, enum setting setting, struct vmt_text value)
{
   uint32_t *to = setting == SET_VA_BITS ? &parser->config.va_bits
                                         : &parser->config.pa_bits;

   if (!vmt_text_number(value, to))
      return fail_value(parser, setting, value, "expected a number of bits");
   return true;
}

static bool
read_fault_around(struct parser *parser, struct vmt_text value)
{
   if (!vmt_text_size(value, &parser->config.fault_around_bytes))
      return fail_value(parser, SET_FAULT_AROUND, value,
                        "expected a size, as in 64K");
   return true;
}

static bool
read_value(struct parser *parser, enum setting setting, struct vmt_text value)
{
   switch (setting) {
   case SET_NAME:
   case SET_TITLE:
      return read_name(parser, setting, value);
   case SET_SOURCE:
      return true;
   case SET_VA_BITS:
   case SET_PA_BITS:
      return read_bits(parser, setting, value);
   case SET_PAGE_BYTES:
      return read_page_bytes(parser, value);
   case SET_LEVELS:
      return read_list(parser, setting, value, &parser->levels);
   case SET_WALK_CACHE:
      return read_list(parser, setting, value, &parser->walk_cache);
   case SET_FAULT_AROUND:
      return read_fault_around(parser, value);
   default:
      return read_shape(parser, setting, value);
  }
}

/* --- Lines --- */

static bool
read_line(struct parser *parser, struct vmt_text line)
{
   struct vmt_text rest = line;
   struct vmt_text value = vmt_text_cut(&rest, '#');
   struct vmt_text name = vmt_text_cut(&value, '=');
   uint32_t setting;

   if (name.bytes == 0 && value.at == NULL)
      return true;
   if (value.at == NULL)
      return fail_quoting(parser, "expected name = value, got '", name, "'");
   for (setting = 0; setting < N_SETTINGS; setting++) {
      if (vmt_text_is(name, setting_names[setting]))
         break;
  }
   if (setting == N_SETTINGS)
      return fail_quoting(parser, "there is no setting '", name, "'");
   if (parser->line_of[setting] != 0 && setting != SET_SOURCE)
      return fail_quoting(parser, "", name, ": given twice");
   parser->line_of[setting] = parser->line;
   value = vmt_text_trim(value);
   if (value.bytes == 0)
      return fail_quoting(parser, "", name, ": no value");
   return read_value(parser, (enum setting)setting, value);
}

/* The line of the setting that a fault's text begins with ("levels: ..."), if
   it was given; else the last one read.  */
static void
find_line(struct parser *parser, const char *fault)
{
   struct vmt_text rest = { fault, vmt_string_bytes(fault) };
   struct vmt_text name = vmt_text_cut(&rest, ':');

   for (uint32_t setting = 0; setting < N_SETTINGS; setting++) {
      if (parser->line_of[setting] != 0 &&
          vmt_text_is(name, setting_names[setting]))
         parser->line = parser->line_of[setting];
  }
}

/* Whether the walk's shape can be built; the trouble is at setting's line.  */
static bool
check_walk(struct parser *parser, enum setting setting)
{
   const char *fault = vmt_walk_shape_fault(&parser->config.walk);

   if (fault == NULL)
      return true;
   parser->line = parser->line_of[setting];
   fail_quoting(parser, setting_names[setting], no_text, ": ");
   message_add_string(parser->error, fault);
   return false;
}

static bool
finish_levels(struct parser *parser)
{
   struct vmt_walk_shape *walk = &parser->config.walk;
   uint32_t n_levels = parser->levels.n;

   if (n_levels == 0)
      return true;
   walk->n_levels = n_levels;
   for (uint32_t level = 1; level <= VMT_MAX_LEVELS; level++) {
      walk->index_bits[level] =
         level <= n_levels ? parser->levels.values[n_levels - level] : 0;
      if (level > n_levels)
         walk->n_entries[level] = 0;
  }
   return check_walk(parser, SET_LEVELS);
}

static bool
finish_walk_cache(struct parser *parser)
{
   struct vmt_walk_shape *walk = &parser->config.walk;
   const struct number_list *list = &parser->walk_cache;
   uint32_t n_levels = walk->n_levels;

   if (parser->line_of[SET_WALK_CACHE] == 0)
      return true;
   if (list->n != 0 && list->n != n_levels - 1) {
      parser->line = parser->line_of[SET_WALK_CACHE];
      return fail(parser,
                  "walk_cache: not one number less than there are levels");
  }
   for (uint32_t level = 2; level <= n_levels; level++)
      walk->n_entries[level] =
         list->n == 0 ? 0 : list->values[n_levels - level];
   return check_walk(parser, SET_WALK_CACHE);
}

static bool
finish(struct parser *parser)
{
   struct vmt_machine_config *config = &parser->config;
   const char *fault;

   if (parser->line == 0)
      parser->line = 1;
   if (!finish_levels(parser) || !finish_walk_cache(parser))
      return false;
   if (parser->line_of[SET_TITLE] == 0)
      memcpy(config->title, config->name, sizeof config->title);
   fault = vmt_machine_config_fault(config);
   if (fault == NULL)
      return true;
   find_line(parser, fault);
   return fail(parser, fault);
}

static void
start(struct parser *parser, struct vmt_machine_file_error *error)
{
   struct vmt_machine_config *config = &parser->config;

   memset(parser, 0, sizeof *parser);
   parser->error = error;
   vmt_machine_config_generic(config);
   memcpy(config->name, "custom", sizeof "custom");
   for (uint32_t size = VMT_PAGE_2M; size < VMT_N_PAGE_SIZES; size++) {
      memset(&config->itlb[size], 0, sizeof config->itlb[size]);
      memset(&config->dtlb[size], 0, sizeof config->dtlb[size]);
      memset(&config->stlb[size], 0, sizeof config->stlb[size]);
  }
   config->stlb_shared_2m = false;
}

enum vmt_status
vmt_machine_file_parse(const char *text, size_t bytes,
                       struct vmt_machine_config *config,
                       struct vmt_machine_file_error *error)
{
   struct parser parser;
   struct vmt_text rest = { text, bytes };

   start(&parser, error);
   while (rest.at != NULL && rest.bytes > 0) {
      parser.line++;
      if (!read_line(&parser, vmt_text_cut(&rest, '\n')))
         return VMT_BAD_INPUT;
  }
   if (!finish(&parser))
      return VMT_BAD_INPUT;
   *config = parser.config;
   return VMT_OK;
}

bool
vmt_tlb_shape_parse(const char *text, size_t bytes, struct vmt_tlb_shape *shape)
{
   return shape_read((struct vmt_text){ text, bytes }, shape) == NULL;
}

bool
vmt_size_parse(const char *text, size_t bytes, uint64_t *size_bytes)
{
   return vmt_text_size((struct vmt_text){ text, bytes }, size_bytes);
}
