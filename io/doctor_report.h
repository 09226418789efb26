// DoctorReport: what a machine lets this process do, for people who wonder why it is slow or
// refused.
//
// Kernel, backends (chosen, features, what is denied and why), operations that threads must do, and
// the limits that servers meet. `bazel run //io:doctor` prints it.
//
// Thread-safety: any thread.  Cost: a ring is made and thrown away; some files of /proc are read.
#ifndef ZOKIO_IO_DOCTOR_REPORT_H_
#define ZOKIO_IO_DOCTOR_REPORT_H_

#include <string>

namespace zokio::io {

std::string DoctorReport();

}  // namespace zokio::io

#endif  // ZOKIO_IO_DOCTOR_REPORT_H_
