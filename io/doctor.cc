// zokio doctor: prints what this machine lets a program of Zokio do.
#include <cstdio>

#include "io/doctor_report.h"

int main() {
  std::fputs(zokio::io::DoctorReport().c_str(), stdout);
  return 0;
}
