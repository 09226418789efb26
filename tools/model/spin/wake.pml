/* The wake protocol of one sleeper, by hand: announce the sleep, look again, sleep; push, look for
 * sleepers, wake. Its twin for the model checker is Wake() in tools/model/spin/agreement.cc: the
 * two tools must come to the same verdict.
 *
 * -DBROKEN leaves out the second look. A lost wake-up is an invalid end state: the worker sleeps,
 * the tasks are pushed.
 */
#define TASKS 2

byte queue = 0;
byte parked = 0;
bit token = 0;
byte ran = 0;

proctype Pusher() {
  byte pushed = 0;
  do
  :: pushed < TASKS ->
    atomic { queue++; pushed++ };
    /* claims the sleeper, as ClaimSleeper under its lock */
    atomic {
      if
      :: parked == 1 -> parked = 0; token = 1
      :: else -> skip
      fi
    }
  :: else -> break
  od
}

proctype Worker() {
  bit found;
  do
  :: ran == TASKS -> break
  :: else ->
    atomic {
      if
      :: queue > 0 -> queue--; found = 1
      :: else -> found = 0
      fi
    };
    if
    :: found -> ran++
    :: else ->
      parked = 1;
#ifndef BROKEN
      if
      :: queue > 0 ->
        /* withdraws; a token that came meanwhile stays for the next sleep */
        parked = 0
      :: else ->
#endif
        atomic { token == 1 -> token = 0 };
        parked = 0
#ifndef BROKEN
      fi
#endif
    fi
  od
}

init {
  atomic { run Pusher(); run Worker() };
  (_nr_pr == 1);
  assert(ran == TASKS)
}
