// The gate between a worker that polls and whoever takes its private state from it, through every
// interleaving: the state has one owner at a time, and nothing in it is lost or taken twice.
#include <gtest/gtest.h>

#include "base/check.h"
#include "base/model_var.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "sched/internal/owner_gate.h"
#include "tools/model/model.h"

namespace zokio::internal {
namespace {

// What a poll pushes goes to the slot, or where the gate is seized, to the shared queue.
struct Place {
  Mutex mutex;
  OwnerGate gate;
  ModelVar<int> slot{0};  // private: a race in it is what the checker would find
  int shared = 0;         // under the mutex

  void Push() {
    if (gate.Enter()) {
      slot.Write(slot.Read() + 1);
      gate.Leave();
    } else {
      MutexLock lock(mutex);
      ++shared;
    }
  }
  // The poll ended. Returns whether the gate was seized.
  bool EndPoll() {
    if (gate.Enter()) return false;
    MutexLock lock(mutex);
    return gate.Reclaim();
  }
  bool TakeOver() {
    MutexLock lock(mutex);
    if (!gate.Seize()) return false;
    shared += slot.Read();
    slot.Write(0);
    return true;
  }
};

TEST(OwnerGateModel, WhatAPollPushesIsTakenOnce) {
  const model::Report report = model::Explore({.name = "owner gate, one poll"}, [] {
    Place place;
    bool taken = false;
    place.slot.Write(1);
    Thread watchdog = Thread::Start("watchdog", [&] { taken = place.TakeOver(); }).value();
    place.gate.Leave();
    place.Push();
    const bool was_seized = place.EndPoll();
    place.slot.Write(place.slot.Read() + 1);  // the owner's loop goes on
    watchdog.Join();
    ZOKIO_CHECK(was_seized == taken, "the owner sees that its state was taken");
    ZOKIO_CHECK(place.slot.Read() + place.shared == 3, "nothing lost, nothing twice");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(OwnerGateModel, TwoPollsAndAReleaseWithoutTaking) {
  const model::Report report = model::Explore({.name = "owner gate, released"}, [] {
    Place place;
    Thread watchdog = Thread::Start("watchdog", [&] {
                        MutexLock lock(place.mutex);
                        if (place.gate.Seize()) place.gate.Release();
                      }).value();
    for (int i = 0; i < 2; ++i) {
      place.gate.Leave();
      place.Push();
      place.EndPoll();
    }
    watchdog.Join();
    ZOKIO_CHECK(place.slot.Read() + place.shared == 2, "nothing lost, nothing twice");
    ZOKIO_CHECK(!place.gate.seized(), "it is the owner's at the end");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

}  // namespace
}  // namespace zokio::internal
