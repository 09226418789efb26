// All that waits for time: SleepFor, SleepUntil, Timeout, Interval. Needs no scheduler.
#ifndef ZOKIO_SCHED_TIME_H_
#define ZOKIO_SCHED_TIME_H_

#include "future/sleep.h"    // IWYU pragma: export
#include "future/timeout.h"  // IWYU pragma: export
#include "sched/interval.h"  // IWYU pragma: export

#endif  // ZOKIO_SCHED_TIME_H_
