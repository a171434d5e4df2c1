-- Tables, strings and closures; loops that are compiled by a JIT.

local function count_words(path)
   local counts, n = {}, 0
   for line in io.lines(path) do
      for word in line:lower():gmatch("%a+") do
         if not counts[word] then
            n = n + 1
         end
         counts[word] = (counts[word] or 0) + 1
      end
   end
   return n
end

local function sieve(limit)
   local composite, n = {}, 0
   for i = 2, limit do
      if not composite[i] then
         n = n + 1
         for j = i * i, limit, i do
            composite[j] = true
         end
      end
   end
   return n
end

local function join_numbers(n)
   local parts = {}
   for i = 1, n do
      parts[#parts + 1] = ("%d:%x"):format(i, i * 7919 % 65536)
   end
   return #table.concat(parts, ",")
end

print(count_words("part"), sieve(2000000), join_numbers(100000))
