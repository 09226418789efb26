// Programs of the Savina suite, each of which answers what a sequential program can check: they
// run small as tests and large as benchmarks.
//
// Thread-safety: called by a thread that is no worker of the system's scheduler; they wait for the
//   end of what they began.
// Source: S. Imam, V. Sarkar, "Savina - An Actor Benchmark Suite", AGERE 2014; written anew.
#ifndef ZOKIO_ACTOR_TESTING_SAVINA_H_
#define ZOKIO_ACTOR_TESTING_SAVINA_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "actor/actor_system.h"

namespace zokio::testing {

// Talking (savina_talk.cc).

// A token goes round; the sum of the numbers of those that held it.
uint64_t ThreadRing(ActorSystem& system, uint64_t actors, uint64_t hops);
// Creatures meet in pairs at a mall that becomes empty, occupied, shut; how often each was there.
uint64_t Chameneos(ActorSystem& system, uint64_t creatures, uint64_t meetings);
// Workers ask a dictionary, each for keys of its own; the sum of all values read. Worker `w` does
// what DictionaryStep says.
uint64_t Dictionary(ActorSystem& system, uint64_t workers, uint64_t operations);
struct DictionaryStep {
  static DictionaryStep Of(uint64_t worker, uint64_t operation);
  uint64_t key;
  uint64_t value;
  bool write;
};
// Values go through a sorter for each bit, which relies on their order; what comes out.
std::vector<uint64_t> RadixSort(ActorSystem& system, std::vector<uint64_t> values, uint32_t bits);
// A chain of filters that grows by one for each prime; how many up to `limit`.
uint64_t Sieve(ActorSystem& system, uint64_t limit);

// Waiting (savina_wait.cc).

// Forks are lying or held, and put aside who asks meanwhile; the number of meals.
uint64_t Philosophers(ActorSystem& system, uint64_t philosophers, uint64_t meals);
// A barber's waiting room turns away who finds it full, who comes again; the number of haircuts.
uint64_t SleepingBarber(ActorSystem& system, uint64_t customers, uint64_t visits);
// Producers wait for room in a small mailbox; the sum of what the consumer got.
uint64_t BoundedBuffer(ActorSystem& system, uint64_t producers, uint64_t items);
// Each series asks a computer for each of its terms; their last terms.
std::vector<double> LogisticMap(ActorSystem& system, uint64_t series, uint64_t terms);
// The rate and first term of a series.
double LogisticRate(uint64_t series);
double LogisticStart(uint64_t series);
// Accounts that are asked to debit ask others to credit; the balances at the end.
std::vector<int64_t> Bank(ActorSystem& system, uint64_t accounts, uint64_t transfers);
struct Transfer {
  static Transfer Of(uint64_t number, uint64_t accounts);
  uint64_t from;
  uint64_t to;
  int64_t amount;
};

// Growing and ending (savina_grow.cc).

// A master spawns children over all loops, hears a result and the end of each; their sum.
uint64_t ForkJoin(ActorSystem& system, uint64_t children);
// A tree of actors that parts and joins.
std::vector<uint64_t> QuickSort(ActorSystem& system, std::vector<uint64_t> values);
// Shortest paths: an actor for each row, which puts aside rows that come before their turn.
using Matrix = std::vector<std::vector<uint64_t>>;
Matrix ShortestPaths(ActorSystem& system, Matrix distances);

}  // namespace zokio::testing

#endif  // ZOKIO_ACTOR_TESTING_SAVINA_H_
