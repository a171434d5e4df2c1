# docs

dist_doc_DATA += docs/MACHINES.md
