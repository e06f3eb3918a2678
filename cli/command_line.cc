#include "cli/command_line.h"

#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <ostream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "base/version.h"
#include "cli/manual_formatter.h"
#include "cli/parse.h"

namespace quorate::cli {
namespace {

constexpr char kProgram[] = "quoratectl";
constexpr char kBootstrapVariable[] = "QUORATE_BOOTSTRAP";
constexpr char kDefaultBootstrap[] = "127.0.0.1:9090";
// Of --tls-cert, --tls-key, --tls-ca and --tls-crl.
constexpr const char* kTlsVariables[] = {"QUORATE_TLS_CERT", "QUORATE_TLS_KEY", "QUORATE_TLS_CA",
                                         "QUORATE_TLS_CRL"};

// This status applies to all commands, because all of them may print.
constexpr char kOutputLost[] =
    "    5  output lost: the command was executed, but standard output could not be written\n";

constexpr char kDescription[] =
    "administers a Quorate cluster\n"
    "Calls only the controllers named by --bootstrap. During a failover it tries them in turn "
    "until one answers or --timeout has passed. A change is made at most once, however often it is "
    "retried.\n"
    "\n"
    "Tables go to standard output and errors to standard error. With --output json, standard "
    "output is one JSON document, and an error is a JSON object on standard error: {\"error\": "
    "{\"kind\", \"code\", \"outcome\", \"message\", \"request_id\", \"endpoints\"}}. Errors of "
    "single items (one topic of several) are part of the document. Usage errors and failures to "
    "write standard output are always text.\n"
    "\n"
    "In tables, '?' stands for a value that the answering controller does not know, and '-' for a "
    "value that does not apply.";

// Returns the exit statuses of exit_code.h that a command can have.
std::string ExitStatuses(CommonFlags flags) {
  std::string text = "    0  done\n";
  switch (flags) {
    case CommonFlags::kNone:
      return text + "    2  usage: the command line is wrong, and nothing was done\n" + kOutputLost;
    case CommonFlags::kOutput:
      return text +
             "    1  refused: the files are damaged, in use or otherwise unsuitable; the message\n"
             "       names the file and the remedy\n"
             "    2  usage: the command line is wrong, and nothing was done\n" +
             kOutputLost;
    case CommonFlags::kCluster:
    case CommonFlags::kReads:
      return text +
             "    1  refused: the cluster refused the request, and nothing was changed\n"
             "    2  usage: the command line is wrong, and no call was made\n"
             "    3  unreachable: no controller could serve the request in time; nothing was "
             "changed\n"
             "    4  unknown: the change may or may not have been made\n" +
             kOutputLost;
  }
  return text;
}

// Returns the command or noun that parsing reached.
CLI::App* Deepest(CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return app;
}

std::string FullName(const CLI::App* app) {
  if (app->get_parent() == nullptr) return kProgram;
  return FullName(app->get_parent()) + " " + app->get_name();
}

// Returns a clearer message than CLI11's if a noun, a verb or an option is missing or mistyped.
std::string UsageMessage(const CLI::ParseError& error, CLI::App* at) {
  const std::vector<std::string> rest = at->remaining();
  const auto choices = at->get_subcommands([](const CLI::App*) { return true; });
  if (choices.empty()) {
    if (rest.empty()) return error.what();
    return absl::StrFormat("'%s' does not take '%s'", FullName(at), rest.front());
  }
  const auto names = absl::StrJoin(choices, ", ", [](std::string* out, const CLI::App* choice) {
    out->append(choice->get_name());
  });
  if (rest.empty()) return absl::StrFormat("'%s' needs one of: %s", FullName(at), names);
  if (rest.front().starts_with('-')) {
    return absl::StrFormat("'%s' needs one of: %s, before '%s'", FullName(at), names, rest.front());
  }
  return absl::StrFormat("'%s' does not know '%s', only: %s", FullName(at), rest.front(), names);
}

}  // namespace

CommandLine::CommandLine() : app_("", kProgram) {
  raw_.output = "table";
  raw_.timeout = "30s";
  app_.description(kDescription);
  app_.formatter(std::make_shared<ManualFormatter>(ExitStatuses(CommonFlags::kCluster)));
  app_.set_help_flag("-h,--help", "Print this page.");
  app_.get_help_ptr()->group(kCommonFlags);
  app_.set_version_flag("--version", std::string(kProgram) + " " + Version(), "Print the version.")
      ->group(kCommonFlags);
  app_.require_subcommand(1);
  app_.footer(
      "quoratectl status --bootstrap 127.0.0.1:9091,127.0.0.1:9092,127.0.0.1:9093\n"
      "export QUORATE_BOOTSTRAP=127.0.0.1:9091,127.0.0.1:9092,127.0.0.1:9093\n"
      "quoratectl topics create orders --partitions 6 --replication-factor 3\n"
      "quoratectl topics describe orders --output json\n"
      "quoratectl topics create --help");
  AddCommonFlags(&app_, CommonFlags::kCluster);
}

CLI::App* CommandLine::AddNoun(const std::string& name, const std::string& summary) {
  return AddNoun(&app_, name, summary);
}

CLI::App* CommandLine::AddNoun(CLI::App* noun, const std::string& name,
                               const std::string& summary) {
  CLI::App* added = noun->add_subcommand(name, summary);
  added->require_subcommand(1);
  return added;
}

CLI::App* CommandLine::AddCommand(CLI::App* noun, const Manual& manual, CommonFlags flags,
                                  Command command) {
  CLI::App* verb = noun->add_subcommand(manual.name, manual.summary + "\n" + manual.description);
  verb->footer(absl::StrJoin(manual.examples, "\n"));
  verb->formatter(std::make_shared<ManualFormatter>(ExitStatuses(flags)));
  verb->option_defaults()->group(kOwnFlags);
  AddCommonFlags(verb, flags);
  verb->callback([this, flags, command = std::move(command)] {
    chosen_ = command;
    chosen_flags_ = flags;
  });
  return verb;
}

CLI::Validator CommandLine::WholeNumber() {
  return {[](const std::string& text) {
            int32_t number = 0;
            return absl::SimpleAtoi(text, &number)
                       ? std::string()
                       : absl::StrFormat("'%s' is not a whole number (32 bits)", text);
          },
          /*validator_desc=*/""};
}

CLI::Validator CommandLine::NonNegativeInt32() {
  return {[](const std::string& text) {
            int32_t number = -1;
            return absl::SimpleAtoi(text, &number) && number >= 0
                       ? std::string()
                       : absl::StrFormat("'%s' is not a whole number from 0 to 2147483647", text);
          },
          /*validator_desc=*/""};
}

void CommandLine::AddCommonFlags(CLI::App* command, CommonFlags flags) {
  if (flags == CommonFlags::kNone) return;
  const bool asks = flags != CommonFlags::kOutput;
  if (asks) {
    command
        ->add_option(
            "--bootstrap", raw_.bootstrap,
            absl::StrFormat("The controllers to call, by their client ports. No others are "
                            "dialled. Default: the environment variable %s, or %s.",
                            kBootstrapVariable, kDefaultBootstrap))
        ->type_name("HOST:PORT,...")
        ->group(kCommonFlags);
  }
  command->add_option("--output", raw_.output, "The output format. Default: table.")
      ->type_name("table|json")
      ->group(kCommonFlags);
  if (!asks) return;
  command
      ->add_option(
          "--timeout", raw_.timeout,
          "How long to try, including all retries, for example 10s, 500ms or 2m. Default: 30s.")
      ->type_name("TIME")
      ->group(kCommonFlags);
  AddTlsFlags(command);
  if (flags == CommonFlags::kReads) {
    command
        ->add_flag(
            "--stale", raw_.stale,
            "Let any controller answer at once from its own state, even without a quorum. "
            "Without this flag, an answer includes every change that was acknowledged before "
            "the call.")
        ->group(kCommonFlags);
  }
}

void CommandLine::AddTlsFlags(CLI::App* command) {
  const auto add = [command](const char* name, const char* variable, std::string& path,
                             const char* help) {
    command
        ->add_option(name, path,
                     absl::StrFormat("%s Default: the environment variable %s.", help, variable))
        ->type_name("FILE")
        ->group(kCommonFlags);
  };
  add("--tls-cert", kTlsVariables[0], raw_.tls.cert,
      "The certificate (PEM) of the person or program that calls, for a cluster with TLS. "
      "Requires --tls-key and --tls-ca.");
  add("--tls-key", kTlsVariables[1], raw_.tls.key, "The private key (PEM) of the certificate.");
  add("--tls-ca", kTlsVariables[2], raw_.tls.ca,
      "The CAs (PEM) that sign the certificates of controllers and brokers.");
  add("--tls-crl", kTlsVariables[3], raw_.tls.crl,
      "The revocation lists (PEM) of those CAs; optional.");
}

absl::StatusOr<std::shared_ptr<security::TlsStore>> CommandLine::OpenTls() const {
  security::TlsFiles files = raw_.tls;
  files.option_prefix = "--tls-";
  std::string* const paths[] = {&files.cert, &files.key, &files.ca, &files.crl};
  for (size_t i = 0; i < std::size(paths); ++i) {
    const char* const variable = std::getenv(kTlsVariables[i]);
    if (paths[i]->empty() && variable != nullptr) *paths[i] = variable;
  }
  ASSIGN_OR_RETURN(std::unique_ptr<security::TlsStore> store,
                   security::TlsStore::Open(files, security::CertificateUse::kClient));
  return std::shared_ptr<security::TlsStore>(std::move(store));
}

absl::StatusOr<Settings> CommandLine::CheckedSettings() const {
  Settings settings;
  if (chosen_flags_ == CommonFlags::kNone) return settings;
  if (raw_.output != "table" && raw_.output != "json") {
    return absl::InvalidArgumentError(
        absl::StrFormat("--output: '%s' is neither table nor json", raw_.output));
  }
  settings.output = raw_.output == "json" ? OutputFormat::kJson : OutputFormat::kTable;

  if (chosen_flags_ == CommonFlags::kOutput) return settings;
  std::string source = "--bootstrap";
  std::string bootstrap = raw_.bootstrap;
  if (const char* variable = std::getenv(kBootstrapVariable);
      bootstrap.empty() && variable != nullptr && *variable != '\0') {
    source = kBootstrapVariable;
    bootstrap = variable;
  }
  if (bootstrap.empty()) bootstrap = kDefaultBootstrap;
  auto endpoints = ParseEndpoints(bootstrap);
  if (!endpoints.ok()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: %s", source, endpoints.status().message()));
  }
  settings.bootstrap = *std::move(endpoints);

  const auto timeout = ParseTimeout(raw_.timeout);
  if (!timeout.ok()) {
    return absl::InvalidArgumentError(absl::StrFormat("--timeout: %s", timeout.status().message()));
  }
  settings.timeout = *timeout;
  settings.stale = raw_.stale;
  ASSIGN_OR_RETURN(settings.tls, OpenTls());
  return settings;
}

ExitCode CommandLine::Run(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  const auto refuse = [&](const std::string& message) {
    err << absl::StrFormat("%s: %s\n", kProgram, message);
    err << absl::StrFormat("See %s --help\n", FullName(Deepest(&app_)));
    return ExitCode::kUsage;
  };
  try {
    app_.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    out << app_.help();
    return ExitCode::kDone;
  } catch (const CLI::CallForVersion& version) {
    out << version.what() << "\n";
    return ExitCode::kDone;
  } catch (const CLI::ParseError& error) {
    return refuse(UsageMessage(error, Deepest(&app_)));
  }
  const auto settings = CheckedSettings();
  if (!settings.ok()) return refuse(std::string(settings.status().message()));

  CHECK(chosen_ != nullptr);
  Session session(*settings, &out, &err);
  if (settings->tls != nullptr) {
    for (const std::string& warning : settings->tls->Current()->warnings) session.Complain(warning);
  }
  const ExitCode code = chosen_(session);
  return session.usage_error().empty() ? code : refuse(session.usage_error());
}

}  // namespace quorate::cli
