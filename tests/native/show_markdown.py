"""The table of docs/VALIDATION.md."""

from show_text import list_row

HEADS = ["program", "Flt, kernel", "vmtrace", "difference", "found by both",
         "as other kinds", "kernel alone", "vmtrace alone", "RssPeak MiB, kernel", "vmtrace", "verdict"]


def _line(cells):
    return "| " + " | ".join(cells) + " |"


def document(results, about):
    lines = [f"Measured with `{about['command']}` on Linux {about['kernel']}, "
             f"{about['cpu']}, {about['processors']} CPUs, {about['valgrind']}.", "",
             _line(HEADS), _line(["---", *["---:"] * (len(HEADS) - 2), "---"])]
    lines += [_line(list_row(result)) for result in results if not result.skipped]
    skipped = [f"{result.name}: {result.skipped}" for result in results if result.skipped]
    if skipped:
        lines += ["", "Not run: " + "; ".join(skipped) + "."]
    for result in results:
        if result.objections:
            lines += ["", f"{result.name}:", *[f"- {line}" for line in result.objections]]
    return "\n".join(lines) + "\n"
