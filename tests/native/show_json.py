"""The comparison as JSON: vmtrace/cli/schemas/validate-kernel.schema.json."""

import json
import os

from compare import maxrss_uncertainty_bytes
from show_text import one_sided_rows
from symbols import describe


def _row(row):
    return {"kernel_least": row.kernel.least, "kernel_most": row.kernel.most,
            "vmtrace": row.ours, "difference": row.difference}


def _fault(fault, side, image):
    return {"by": side, "area": fault.area, "page": fault.page, "address": fault.address,
            "kind": fault.kind, "access": fault.access, "of": fault.by,
            "instruction": describe(image.natives[0], fault.ip)}


def _image(image):
    return {
        "name": image.name, "events": _row(image.events), "refused": _row(image.refused),
        "found_by_both": image.n_both, "as_other_kinds": len(image.other_kinds),
        "kernel_alone": len(image.kernel_alone), "vmtrace_alone": len(image.ours_alone),
        "one_sided_pages": image.n_one_sided(),
        "native_runs_differ_by": image.kernel_distance,
        "kinds": {kind: _row(row) for kind, row in image.kinds.items()},
        "areas": [{"area": area, **_row(row)} for area, row in image.areas.items()],
        "rss_peak_bytes": None if image.rss_peak is None else _row(image.rss_peak),
        "one_sided": [_fault(*row, image) for row in one_sided_rows(image)]}


def _program(result):
    if result.skipped:
        return {"name": result.name, "verdict": "skipped", "why": [result.skipped]}
    comparison = result.comparison
    return {
        "name": result.name, "command": result.argv,
        "verdict": "differ" if result.objections else "agree", "why": result.objections,
        "native_runs": len(comparison.natives),
        "reads_told_from_writes": comparison.has_access,
        "large_folios_known": result.folios.is_known,
        "Flt": _row(comparison.total), "perf_stat": result.stat,
        "ru_maxrss_bytes": {"least": comparison.maxrss.least,
                            "most": comparison.maxrss.most,
                            "uncertainty": maxrss_uncertainty_bytes(os.cpu_count())},
        "images": [_image(image) for image in comparison.images]}


def document(results, about):
    return json.dumps({"about": about, "programs": list(map(_program, results))},
                      indent=1) + "\n"
