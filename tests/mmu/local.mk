# tests/mmu
