#include "vmtrace/cli/chart.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"

/* A locale that is not installed is known by its name alone.  */
static bool
name_is_unicode(void)
{
   static const char *const variables[] = { "LC_ALL", "LC_CTYPE", "LANG" };

   for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
      const char *name = getenv(variables[i]);

      if (name && *name)
         return strcasestr(name, "utf-8") || strcasestr(name, "utf8");
   }
   return false;
}

bool
vmt_locale_is_unicode(void)
{
   locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t) 0);
   bool is_unicode;

   if (!locale)
      return name_is_unicode();
   is_unicode = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
   freelocale(locale);
   return is_unicode;
}

void
vmt_chart_init(struct vmt_chart *chart, size_t n_columns, size_t n_rows)
{
   *chart = (struct vmt_chart){
      .n_columns = n_columns, .n_rows = n_rows,
      .is_unicode = vmt_locale_is_unicode(),
      .cells = vmt_calloc(n_columns * n_rows, sizeof *chart->cells)
   };
}

void
vmt_chart_free(struct vmt_chart *chart)
{
   free(chart->cells);
}

static struct vmt_chart_cell *
cell_at(const struct vmt_chart *chart, size_t column, size_t row)
{
   return &chart->cells[row * chart->n_columns + column];
}

void
vmt_chart_put(struct vmt_chart *chart, size_t column, size_t row,
              uint16_t character, char ascii, enum vmt_paint paint)
{
   if (column < chart->n_columns && row < chart->n_rows)
      *cell_at(chart, column, row) = (struct vmt_chart_cell){
         chart->is_unicode ? character : (uint8_t) ascii, 0, paint
      };
}

void
vmt_chart_write(struct vmt_chart *chart, size_t column, size_t row,
                const char *text, enum vmt_paint paint)
{
   for (; *text; text++)
      vmt_chart_put(chart, column++, row, (uint8_t) *text, *text, paint);
}

bool
vmt_chart_has_room(const struct vmt_chart *chart, size_t column, size_t row,
                   size_t n)
{
   if (row >= chart->n_rows || column + n > chart->n_columns)
      return false;
   for (size_t i = 0; i < n; i++) {
      const struct vmt_chart_cell *cell = cell_at(chart, column + i, row);

      if (cell->character || cell->dots)
         return false;
   }
   return true;
}

void
vmt_chart_dots(struct vmt_chart *chart, size_t across, size_t low, size_t high,
               enum vmt_paint paint)
{
   /* From the bottom up, left and right.  */
   static const uint8_t bits[VMT_DOTS_DOWN][VMT_DOTS_ACROSS] = {
      { 0x40, 0x80 }, { 0x04, 0x20 }, { 0x02, 0x10 }, { 0x01, 0x08 }
   };

   for (size_t up = low; up <= high && up < VMT_DOTS_DOWN * chart->n_rows; up++) {
      struct vmt_chart_cell *cell = cell_at(chart, across / VMT_DOTS_ACROSS,
                                            chart->n_rows - 1 - up / VMT_DOTS_DOWN);

      cell->dots |= bits[up % VMT_DOTS_DOWN][across % VMT_DOTS_ACROSS];
      cell->paint = paint;
   }
}

size_t
vmt_chart_eighths(const struct vmt_chart *chart, double share)
{
   double height = share * (double) (chart->n_rows * VMT_EIGHTHS);

   return height <= 0 ? 0 : height < 1 ? 1 : (size_t) (height + 0.5);
}

void
vmt_chart_bar(struct vmt_chart *chart, size_t column, size_t n_eighths,
              enum vmt_paint paint)
{
   for (size_t row = chart->n_rows; row-- > 0 && n_eighths > 0;) {
      size_t n = n_eighths < VMT_EIGHTHS ? n_eighths : VMT_EIGHTHS;

      /* U+2581 is one eighth, U+2588 the whole.  */
      vmt_chart_put(chart, column, row, (uint16_t) (0x2580 + n),
                    n > 4 ? '#' : ':', paint);
      n_eighths -= n;
   }
}

static void
print_character(uint16_t character, FILE *file)
{
   if (character >= 0x800)
      putc(0xe0 | character >> 12, file);
   if (character >= 0x80) {
      putc(character >= 0x800 ? 0x80 | (character >> 6 & 0x3f)
           : 0xc0 | character >> 6, file);
      putc(0x80 | (character & 0x3f), file);
   } else
      putc(character, file);
}

static uint16_t
character_of(const struct vmt_chart *chart, const struct vmt_chart_cell *cell)
{
   if (cell->character)
      return cell->character;
   if (!cell->dots)
      return ' ';
   return chart->is_unicode ? (uint16_t) (0x2800 + cell->dots) : '*';
}

void
vmt_chart_print_row(const struct vmt_chart *chart, size_t row,
                    const struct vmt_output *out)
{
   enum vmt_paint paint = VMT_PAINT_PLAIN;
   size_t n = chart->n_columns;

   while (n > 0 && vmt_chart_has_room(chart, n - 1, row, 1))
      n--;
   for (size_t column = 0; column < n; column++) {
      const struct vmt_chart_cell *cell = cell_at(chart, column, row);

      if (cell->paint != paint) {
         fputs(vmt_output_paint(out, VMT_PAINT_PLAIN), out->file);
         if (cell->paint != VMT_PAINT_PLAIN)
            fputs(vmt_output_paint(out, cell->paint), out->file);
         paint = cell->paint;
      }
      print_character(character_of(chart, cell), out->file);
   }
   if (paint != VMT_PAINT_PLAIN)
      fputs(vmt_output_paint(out, VMT_PAINT_PLAIN), out->file);
}
