// A map of strings that grows, is indexed another way, and loses half of it.

#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

int
main()
{
   std::map<int, std::string> names;
   std::map<std::string, std::vector<int>> numbers;

   for (int i = 0; i < 1500; i++)
      names[i * 7919 % 5003] = std::string(static_cast<size_t>(i % 60), 'x');
   for (const auto &name : names)
      numbers[name.second].push_back(name.first);
   for (int i = 0; i < 5003; i += 2)
      names.erase(i);

   auto large = std::make_unique<char[]>(2000);
   large[0] = 0;
   std::printf("%zu %zu\n", names.size(), numbers.size());
}
