/* The deque of Chase and Lev under sequential consistency, by hand: an owner that pops two elements
 * and two thieves. Its twin for the model checker is Deque() in tools/model/spin/agreement.cc.
 *
 * -DBROKEN: the owner takes the last element without a compare-and-swap, so it may be taken twice.
 */
#define ELEMENTS 2

short top = 0;
short bottom = ELEMENTS;
byte taken[ELEMENTS];

inline Take(element) {
  atomic {
    taken[element]++;
    assert(taken[element] == 1)
  }
}

proctype Thief() {
  short t, b;
  bit won;
  t = top;
  b = bottom;
  if
  :: t < b ->
    atomic {
      if
      :: top == t -> top = t + 1; won = 1
      :: else -> won = 0
      fi
    };
    if
    :: won -> Take(t)
    :: else -> skip
    fi
  :: else -> skip
  fi
}

proctype Owner() {
  short t, b;
  byte pops = 0;
  bit won;
  do
  :: pops < ELEMENTS ->
    pops++;
    b = bottom - 1;
    bottom = b;
    t = top;
    if
    :: t > b -> bottom = b + 1
    :: t < b -> Take(b)
    :: t == b ->
#ifdef BROKEN
      won = 1;
#else
      atomic {
        if
        :: top == t -> top = t + 1; won = 1
        :: else -> won = 0
        fi
      };
#endif
      if
      :: won -> Take(b)
      :: else -> skip
      fi;
      bottom = b + 1
    fi
  :: else -> break
  od
}

init {
  atomic { run Owner(); run Thief(); run Thief() };
  (_nr_pr == 1);
#ifndef BROKEN
  /* the owner popped as often as there were elements: none is left */
  assert(taken[0] == 1 && taken[1] == 1)
#endif
}
