import java.nio.file.*;
import java.util.*;
import java.util.stream.*;

/** Collections, strings and streams; loops that are compiled. */
class Work {
    static int sieve(int limit) {
        boolean[] composite = new boolean[limit];
        int nPrimes = 0;
        for (int n = 2; n < limit; n++) {
            if (composite[n])
                continue;
            nPrimes++;
            for (long i = (long) n * n; i < limit; i += n)
                composite[(int) i] = true;
        }
        return nPrimes;
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, Integer> counts = new TreeMap<>();
        for (String word : Files.readString(Path.of(arguments[0])).toLowerCase().split("\\W+"))
            counts.merge(word, 1, Integer::sum);
        List<String> first = counts.entrySet().stream()
            .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
            .limit(3).map(Map.Entry::getKey).collect(Collectors.toList());
        System.out.println(counts.size() + " " + first + " " + sieve(2000000));
    }
}
