// Writes the first inputs of the corpus. Its output is committed; it runs again only when a target
// is new or the format of its inputs changes:
//
//   make_fuzz_corpus tests/fuzz/corpus
#include "tests/fuzz/make_corpus.h"

#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_fuzz_corpus DIRECTORY\n");
    return 2;
  }
  quorate::fuzz::CorpusWriter corpus(argv[1]);
  quorate::fuzz::AddStorageInputs(corpus);
  quorate::fuzz::AddMetadataInputs(corpus);
  quorate::fuzz::AddMessageInputs(corpus);
  quorate::fuzz::AddCertificateInputs(corpus);
  quorate::fuzz::AddTextInputs(corpus);
  return 0;
}
