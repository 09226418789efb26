// zokio doctor: prints what this machine lets a program of Zokio do.
#include <cstdio>

#include "io/doctor_report.h"
#include "io/ktls.h"

int main() {
  std::fputs(zokio::io::DoctorReport().c_str(), stdout);
  const zokio::io::KtlsReport ktls = zokio::io::ProbeKtls();
  std::printf("TLS records are encrypted in user space: %s\n", ktls.reason.c_str());
  return 0;
}
