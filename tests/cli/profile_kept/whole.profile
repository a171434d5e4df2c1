{"vmtrace": 1, "tool": "0.1.0", "valgrind": "3.19.0", "pid": 100, "ppid": 1, "date": "2026-01-02T03:04:05Z", "host": "h", "command": ["x", "\udcff\n"], "exe": "/usr/bin/x", "cwd": "/", "events": ["Ir", "Dr", "Dw", "Flt", "MinFlt", "MajFlt", "ZeroRd", "ZeroWr", "ZeroCow", "FileRd", "FileCow", "FileWr", "ShmRd", "ShmWr", "ForkCow", "Reuse", "FileMaj", "SwapIn", "SwapHit", "HugeZero", "Prot", "Segv", "Bus", "ItlbM", "DtlbM", "StlbM", "WalkRef", "Shoot", "RssPages", "RssPeak"], "settings": {"cores": 1}, "machine": {}, "layout": "native", "threads_fair": true, "image": 0}
{"object": 1, "path": "/usr/bin/x", "build_id": "00ff"}
{"object": 2, "path": "/lib/l.so", "build_id": null}
{"area": 1, "name": "[heap]", "kind": "heap"}
{"area": 2, "name": "/usr/bin/x", "kind": "file"}
{"frame": 1, "object": 1, "offset": 48}
{"stack": 1, "frame": 1, "parent": 0}
{"frame": 2, "object": 1, "offset": 32}
{"stack": 2, "frame": 2, "parent": 1}
{"frame": 3, "object": 2, "offset": 16}
{"stack": 3, "frame": 3, "parent": 2}
{"stack": 4, "frame": 1, "parent": 0, "cut": true}
{"stack": 5, "frame": 2, "parent": 4}
{"frame": 4, "object": 1, "offset": 33}
{"stack": 6, "frame": 4, "parent": 5}
{"frame": 5, "object": 0, "offset": -4096}
{"stack": 7, "frame": 5, "parent": 0}
{"charge": [3, 1, 1], "events": {"ZeroWr": 100, "DtlbM": 5, "StlbM": 2, "WalkRef": 3, "RssPages": 90}}
{"charge": [6, 2, 2], "events": {"FileRd": 3, "FileMaj": 1}}
{"charge": [7, 0, 1], "events": {"Segv": 1}}
{"charge": [0, 0, 1], "events": {"ZeroWr": 2}}
{"charge": [3, 1, 1], "events": {"ZeroWr": 1, "RssPages": -2}}
{"block": 1, "object": 1, "offset": 32, "lens": [1, 2, 3], "dr": [1, 0, 0], "dw": [0, 0, 2]}
{"exec": [[1, 1000]]}
{"block": 2, "object": 2, "offset": 16, "lens": [2, 2], "ir": [1, 0]}
{"exec": [[2, 50]]}
{"access":[1,32],"ir":0,"dr":-1,"dw":1}
{"excluded":{"ZeroWr":7}}
{"checkpoint":{"Ir":10,"RssPages":89}}
{"note":"n\udc80"}
{"later":1}
{"end": {"exit": 0, "totals": {"ZeroWr": 103, "DtlbM": 5, "StlbM": 2, "WalkRef": 3, "RssPages": 88, "Flt": 107, "MinFlt": 106, "FileRd": 3, "FileMaj": 1, "MajFlt": 1, "Segv": 1, "Ir": 3050, "Dr": 999, "Dw": 2001}, "RssPeak": 8192}}
