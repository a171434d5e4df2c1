// maps [N]: orders of customers in std::map, std::multimap and std::set, that come, are
// looked up, change and go again in rounds: most blocks are small, live for a while, and
// are freed in another order than they came.

#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <string>

namespace {

// Park and Miller's minimal standard: the same numbers everywhere.
class Random {
   unsigned long state = 1;

public:
   unsigned long operator()() { return state = state * 48271 % 2147483647; }
};

struct Order {
   unsigned long customer;
   std::string note;
   std::map<unsigned, unsigned> parts;
};

class Shop {
   std::map<unsigned long, Order> orders;
   std::multimap<unsigned long, unsigned long> by_customer;
   std::set<std::string> notes;
   unsigned long next = 1;

public:
   void order(Random &random, unsigned long n_customers)
   {
      Order order{random() % n_customers, std::string(random() % 120, 'n'), {}};

      for (auto n = random() % 6; n > 0; n--)
         order.parts[random() % 1000]++;
      order.note += std::to_string(next);
      notes.insert(order.note);
      by_customer.emplace(order.customer, next);
      orders.emplace(next++, std::move(order));
   }

   void drop_customer(unsigned long customer)
   {
      auto [first, last] = by_customer.equal_range(customer);

      for (auto entry = first; entry != last; ++entry) {
         auto found = orders.find(entry->second);

         notes.erase(found->second.note);
         orders.erase(found);
      }
      by_customer.erase(first, last);
   }

   void add_parts(Random &random)
   {
      for (auto &[number, order] : orders)
         if (number % 5 == 0)
            order.parts[random() % 1000]++;
   }

   unsigned long sum() const
   {
      unsigned long sum = notes.size();

      for (const auto &[number, order] : orders)
         for (const auto &[part, count] : order.parts)
            sum += number * part + count + order.note.size();
      return sum;
   }
};

} // namespace

int main(int argc, char **argv)
{
   const unsigned long n = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20000;
   const unsigned long n_customers = n / 10 + 1;
   Random random;
   Shop shop;

   for (unsigned long round = 0; round < 4; round++) {
      for (unsigned long i = 0; i < n; i++)
         shop.order(random, n_customers);
      for (unsigned long customer = round % 3; customer < n_customers; customer += 3)
         shop.drop_customer(customer);
      shop.add_parts(random);
   }
   std::printf("%lu\n", shop.sum());
}
