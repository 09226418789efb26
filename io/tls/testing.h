// Certificates made for a test: an authority, and what it signs, as PEM files of the test's folder.
//
//   TestAuthority authority("ca");
//   TlsCertificate server = authority.Sign("a", {"DNS:a.test", "IP:127.0.0.1"});
//   client_options.ca_file = authority.file();
#ifndef ZOKIO_IO_TLS_TESTING_H_
#define ZOKIO_IO_TLS_TESTING_H_

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/check.h"
#include "io/tls/tls_context.h"

namespace zokio::io::testing {

class TestAuthority {
 public:
  explicit TestAuthority(std::string name)
      : name_(std::move(name)), key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    Fill(certificate_, name_, 0, 1);
    Extend(certificate_, NID_basic_constraints, "critical,CA:TRUE");
    X509_set_pubkey(certificate_, key_);
    ZOKIO_CHECK(X509_sign(certificate_, key_, EVP_sha256()) > 0, "sign");
    WriteCertificate(name_, certificate_);
  }
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;
  ~TestAuthority() {
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }

  std::string file() const { return Path(name_, "pem"); }

  // `names`: "DNS:a.test,IP:127.0.0.1". Good for a day, `days_ago` days ago.
  TlsCertificate Sign(const std::string& name, const std::string& names, int days_ago = 0) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    Fill(certificate, name, days_ago, ++serial_);
    Extend(certificate, NID_subject_alt_name, names.c_str());
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate_));
    X509_set_pubkey(certificate, key);
    ZOKIO_CHECK(X509_sign(certificate, key_, EVP_sha256()) > 0, "sign");
    WriteCertificate(name, certificate);
    FILE* file = std::fopen(Path(name, "key").c_str(), "w");
    ZOKIO_CHECK(file != nullptr, "open");
    PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    ZOKIO_CHECK(std::fclose(file) == 0, "write");
    X509_free(certificate);
    EVP_PKEY_free(key);
    return {Path(name, "pem"), Path(name, "key")};
  }

 private:
  static std::string Path(const std::string& name, const char* kind) {
    return std::string(std::getenv("TEST_TMPDIR")) + "/" + name + "." + kind;
  }

  static void Fill(X509* certificate, const std::string& name, int days_ago, int serial) {
    constexpr long kDay = 24 * 60 * 60;  // NOLINT(google-runtime-int): OpenSSL's type
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -kDay / 2 - days_ago * kDay);
    X509_gmtime_adj(X509_getm_notAfter(certificate), kDay / 2 - days_ago * kDay);
    X509_NAME* subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
  }

  static void Extend(X509* certificate, int kind, const char* value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
    ZOKIO_CHECK(extension != nullptr, value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  static void WriteCertificate(const std::string& name, X509* certificate) {
    FILE* file = std::fopen(Path(name, "pem").c_str(), "w");
    ZOKIO_CHECK(file != nullptr, "open");
    PEM_write_X509(file, certificate);
    ZOKIO_CHECK(std::fclose(file) == 0, "write");
  }

  const std::string name_;
  EVP_PKEY* const key_;
  X509* const certificate_;
  int serial_ = 1;
};

}  // namespace zokio::io::testing

#endif  // ZOKIO_IO_TLS_TESTING_H_
