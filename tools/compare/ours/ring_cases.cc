// Ours in the ring cases.
#include "actor/mpsc_ring.h"
#include "actor/spsc_ring.h"
#include "tools/compare/load/ring_run.h"

int main(int argc, char** argv) {
  using zokio::compare::RingElement;
  return zokio::compare::RingMain<zokio::SpscRing<RingElement>, zokio::MpscRing<RingElement>>(argc,
                                                                                              argv);
}
