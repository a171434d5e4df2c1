"""Markdown from what scripts/bench measured.

A measurement is a dictionary:
  environment  what and where: text by name, and the load at the start
  programs     a list of {"name", "command", "in_mean"}, in the order of the table
  tools        the tools' names, in the order of the table; "none" among them
  runs         program -> tool -> a list of {"round", "cpu_seconds",
               "wall_seconds", "rss_bytes"}, vmtrace's with "pages"
  memory       a list of {"name", "pages", "stride", "none_bytes",
               "vmtrace_bytes"}, one for each memory program

Ratios are made within a round, against none's run in that round; what is shown
is their median."""

from math import exp, log
from statistics import median
from textwrap import fill

MOST_MEAN, MOST_ONE = 1.8, 2.4          # ratios of CPU time, vmtrace over none
MOST_ADDED = 1.15                       # by the curve and the working set
MOST_BYTES_A_PAGE, MOST_BYTES = 64, 64_000_000
N_IN_MEAN = 6

KEYS = {"environment", "programs", "tools", "runs", "memory"}

BEGIN = "<!-- scripts/bench writes what follows -->"
END = "<!-- scripts/bench wrote what is above -->"


def ratios(runs, tool, key, over="none"):
    """The tool's over another's, for each round that has both."""
    base = {run["round"]: run[key] for run in runs.get(over, ())}
    return [run[key] / base[run["round"]] for run in runs.get(tool, ())
            if run["round"] in base]


def geometric_mean(values):
    return exp(sum(map(log, values)) / len(values))


def row(*cells):
    return "| " + " | ".join(cells) + " |"


def heading(first, *columns):
    return [row(first, *columns), row("---", *["---:"] * len(columns))]


def spread(values):
    """Median, least and most."""
    if not values:
        return "–"
    if len(values) == 1:
        return f"{values[0]:.2f}"
    return f"{median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def measured(data, in_mean):
    return [program for program in data["programs"]
            if program["name"] in data["runs"]
            and program["in_mean"] == in_mean]


def other_tools(data):
    return [tool for tool in data["tools"] if tool != "none"]


def mean_of(data, tool, key):
    """Over the programs that are in the mean; None if one has no run."""
    each = [ratios(data["runs"][program["name"]], tool, key)
            for program in measured(data, True)]
    if not each or not all(each):
        return None
    return geometric_mean([median(values) for values in each])


def mean_row(data, title, key):
    means = [mean_of(data, tool, key) for tool in other_tools(data)]
    return row(f"**{title}**",
               *[f"**{mean:.2f}**" if mean else "–" for mean in means])


def ratio_table(data):
    def program_row(program):
        runs = data["runs"][program["name"]]
        return row(program["name"],
                   *[spread(ratios(runs, tool, "cpu_seconds"))
                     for tool in other_tools(data)])

    in_mean = measured(data, True)
    lines = ["User and system time over `none`'s in the same round: median "
             "(least–most).", "", *heading("program", *other_tools(data))]
    lines += map(program_row, in_mean)
    if in_mean:
        lines.append(mean_row(data, f"geometric mean of {len(in_mean)}",
                              "cpu_seconds"))
        lines.append(mean_row(data, "the same of elapsed time", "wall_seconds"))
    return lines + [program_row(program) for program in measured(data, False)]


def added(data):
    """What the curve and the working set multiply the time by: (name, median) of
    each program that was run with and without them."""
    each = [(program["name"], ratios(data["runs"][program["name"]], "vmtrace",
                                     "cpu_seconds", over="bare"))
            for program in measured(data, True)]
    return [(name, median(values)) for name, values in each if values]


def added_text(data):
    each = added(data)
    if not each:
        return []
    text = ("The memory-size curve and the working set, which are on by default, "
            "multiply the time of the same run without them (`bare`) by "
            + ", ".join(f"{value:.2f} ({name})" for name, value in each)
            + f"; median {median(value for _, value in each):.2f}.")
    return fill(text, 90, break_on_hyphens=False).splitlines()


def seconds_table(data):
    def cell(runs):
        if not runs:
            return "–"
        cpu = median(run["cpu_seconds"] for run in runs)
        wall = median(run["wall_seconds"] for run in runs)
        return f"{cpu:.2f} / {wall:.2f}"

    lines = ["Seconds: user and system / elapsed, medians.", "",
             *heading("program", *data["tools"])]
    for program in measured(data, True) + measured(data, False):
        runs = data["runs"][program["name"]]
        lines.append(row(program["name"],
                         *[cell(runs.get(tool)) for tool in data["tools"]]))
    return lines


# ---- memory ----

def most_bytes(n_pages):
    return MOST_BYTES_A_PAGE * n_pages + MOST_BYTES


def memory_rows(data):
    """The measured programs' and the memory programs' alike."""
    rows = []
    for program in measured(data, True) + measured(data, False):
        runs = data["runs"][program["name"]]
        if runs.get("vmtrace"):
            rows.append({
                "name": program["name"],
                "pages": median(run["pages"] for run in runs["vmtrace"]),
                "none_bytes": median(run["rss_bytes"] for run in runs["none"]),
                "vmtrace_bytes": median(run["rss_bytes"]
                                        for run in runs["vmtrace"])})
    return rows + data["memory"]


def ours(memory):
    return memory["vmtrace_bytes"] - memory["none_bytes"]


def memory_table(data):
    def mega(n_bytes):
        return f"{n_bytes / 1e6:,.1f}"

    def memory_row(memory):
        pages = memory["pages"]
        return row(memory["name"], f"{pages:,.0f}", mega(memory["none_bytes"]),
                   mega(memory["vmtrace_bytes"]), mega(ours(memory)),
                   mega(most_bytes(pages)), f"{ours(memory) / pages:,.0f}",
                   "yes" if ours(memory) <= most_bytes(pages) else "**no**")

    lines = ["Most memory resident, MB of 10^6 bytes; pages: the most that the "
             "program itself had resident; at most: "
             f"{MOST_BYTES_A_PAGE} bytes a page and {MOST_BYTES / 1e6:.0f} MB.",
             "", *heading("program", "pages", "none", "vmtrace", "ours",
                          "at most", "ours, bytes a page", "within")]
    lines += map(memory_row, memory_rows(data))
    more = bytes_a_page_more(data["memory"])
    if more is not None:
        lines += ["", "Each page more, of those touched one after the other, "
                  f"costs {more:.1f} bytes."]
    return lines


def bytes_a_page_more(memory):
    """Between the smallest and the largest program that leaves out no page."""
    dense = sorted((one for one in memory if one["stride"] == 1),
                   key=lambda one: one["pages"])
    if len(dense) < 2:
        return None
    return ((ours(dense[-1]) - ours(dense[0]))
            / (dense[-1]["pages"] - dense[0]["pages"]))


# ---- the whole ----

def verdict(value, most):
    return "met" if round(value, 4) <= most else "missed"


def verdicts(data):
    """The targets; of time only when all the programs were measured."""
    if data["environment"]["quick"]:
        return []
    lines = []
    mean = mean_of(data, "vmtrace", "cpu_seconds")
    if mean and len(measured(data, True)) == N_IN_MEAN:
        worst, name = max((median(ratios(data["runs"][program["name"]],
                                         "vmtrace", "cpu_seconds")),
                           program["name"]) for program in measured(data, True))
        lines += [f"- Geometric mean {mean:.2f}, at most {MOST_MEAN}: "
                  f"{verdict(mean, MOST_MEAN)}.",
                  f"- The highest is {name}'s, {worst:.2f}, at most {MOST_ONE}: "
                  f"{verdict(worst, MOST_ONE)}."]
        if added(data):
            middle = median(value for _, value in added(data))
            lines.append("- The curve and the working set multiply the time by "
                         f"{middle:.2f} (median), at most {MOST_ADDED}: "
                         f"{verdict(middle, MOST_ADDED)}.")
    rows = memory_rows(data)
    beyond = [one["name"] for one in rows
              if ours(one) > most_bytes(one["pages"])]
    if rows:
        lines.append("- Memory within the limit: "
                     + (f"missed by {', '.join(beyond)}." if beyond else "met."))
    return ["Targets:", "", *lines] if lines else []


def environment_lines(data):
    def listed(pairs):
        return ", ".join(f"{name} `{command}`" if command
                         else f"{name} without Valgrind"
                         for name, command in pairs)

    about = data["environment"]
    programs = measured(data, True) + measured(data, False)
    text = (f"Measured {about['date']} with `{about['command']}` on "
            f"{about['cpu']}, {about['n_cpus']} CPUs, Linux {about['kernel']}, "
            f"{about['valgrind']}, {about['vmtrace']}; load average "
            f"{about['load']:.1f} at the start. Tools: "
            f"{listed(about['tools'].items())}.")
    if programs:
        text += " Programs: " + listed((program["name"], program["command"])
                                       for program in programs) + "."
    lines = fill(text, 90, break_on_hyphens=False).splitlines()
    if about["quick"]:
        lines += ["", "With `--quick` the inputs are too short to say anything."]
    return lines


def markdown(data):
    parts = [environment_lines(data)]
    if data["runs"]:
        parts += [ratio_table(data), added_text(data), seconds_table(data)]
    if memory_rows(data):
        parts.append(memory_table(data))
    parts.append(verdicts(data))
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def put_between_markers(document, text):
    """The document with text in place of what was between the markers, or None
    if they are not there, once each and in order."""
    before, found, rest = document.partition(BEGIN)
    _, also_found, after = rest.partition(END)
    if not found or not also_found or BEGIN in rest or END in after + before:
        return None
    return f"{before}{BEGIN}\n\n{text}\n{END}{after}"
