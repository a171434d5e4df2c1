# vmtrace/mmu
