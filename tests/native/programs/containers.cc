// containers: std::map, std::unordered_map, std::vector, std::string and std::deque that
// grow, are walked, sorted and partly emptied; exceptions thrown through frames that have
// something to take down.

#include <algorithm>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

// Park and Miller's minimal standard: the same numbers everywhere.
class Random {
   unsigned long state = 1;

public:
   unsigned long operator()() { return state = state * 48271 % 2147483647; }
};

unsigned long fill_map(Random &random)
{
   std::map<unsigned long, std::string> tree;
   unsigned long sum = 0;

   for (int i = 0; i < 50000; i++)
      tree[random() % 100000] = "a text that is too long to be kept inside " +
         std::to_string(i);
   for (auto entry = tree.begin(); entry != tree.end();)
      entry = entry->first % 3 == 0 ? tree.erase(entry) : std::next(entry);
   for (const auto &[key, text] : tree)
      sum += key + text.size();
   return sum;
}

unsigned long fill_hash(Random &random)
{
   std::unordered_map<unsigned long, std::vector<unsigned>> groups;
   unsigned long sum = 0;

   for (unsigned i = 0; i < 100000; i++)
      groups[random() % 20000].push_back(i);
   for (unsigned long key = 0; key < 20000; key++)
      if (auto found = groups.find(key); found != groups.end())
         sum += found->second.back() ^ key;
   return sum;
}

unsigned long sort_strings(Random &random)
{
   std::vector<std::string> texts;
   std::deque<std::string> ends;

   for (int i = 0; i < 50000; i++)
      texts.push_back(std::to_string(random()) + " and some more of it");
   std::sort(texts.begin(), texts.end());
   for (auto &text : texts)
      if (text[0] % 2 == 0)
         ends.push_front(std::move(text));
      else
         ends.push_back(text);
   return ends.front().size() + ends.size() + static_cast<unsigned char>(ends.back()[1]);
}

void descend(unsigned depth)
{
   auto held = std::make_unique<std::vector<unsigned>>(100, depth);

   if (depth == 0)
      throw std::runtime_error("the bottom");
   descend(depth - held->front() / held->back());
}

unsigned long throw_and_catch()
{
   unsigned long n_caught = 0;

   for (unsigned i = 0; i < 50; i++)
      try {
         descend(i * 4);
      } catch (const std::runtime_error &error) {
         n_caught += std::string(error.what()).size();
      }
   return n_caught;
}

} // namespace

int main()
{
   Random random;
   unsigned long sum = fill_map(random);

   sum += fill_hash(random);
   sum += sort_strings(random);
   std::printf("%lu\n", sum + throw_and_catch());
}
