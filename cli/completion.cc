#include "cli/completion.h"

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace quorate::cli {
namespace {

constexpr char kShells[] = "bash zsh fish";

// A position in a command line ("", "topics", "topics create") and the words that may follow.
struct Place {
  struct Word {
    std::string text;
    // One line, for shells that show help.
    std::string help;
    bool takes_value = false;
  };
  std::string path;
  std::vector<Word> subcommands;
  std::vector<Word> flags;
};

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string FirstSentence(const std::string& text) { return text.substr(0, text.find(". ")); }

void AddPlaces(const CLI::App* app, const std::string& path, std::vector<Place>& places) {
  Place place{.path = path};
  const auto subcommands = app->get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* sub : subcommands) {
    place.subcommands.push_back({sub->get_name(), FirstLine(sub->get_description())});
  }
  for (const CLI::Option* option : app->get_options()) {
    if (option->get_positional()) continue;
    place.flags.push_back({"--" + option->get_lnames().front(),
                           FirstSentence(option->get_description()), option->get_type_size() > 0});
  }
  places.push_back(std::move(place));
  for (const CLI::App* sub : subcommands) {
    AddPlaces(sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), places);
  }
}

std::string Joined(const std::vector<Place::Word>& words) {
  return absl::StrJoin(words, " ",
                       [](std::string* out, const Place::Word& word) { out->append(word.text); });
}

// Returns shell functions for bash and zsh: the words for a place, and the place that given words
// lead to.
std::string WordFunctions(const std::vector<Place>& places) {
  std::string text = "_quoratectl_subcommands() {\n  case \"$1\" in\n";
  for (const Place& place : places) {
    if (place.subcommands.empty()) continue;
    absl::StrAppendFormat(&text, "    '%s') echo '%s' ;;\n", place.path, Joined(place.subcommands));
  }
  text += "  esac\n}\n_quoratectl_flags() {\n  case \"$1\" in\n";
  for (const Place& place : places) {
    absl::StrAppendFormat(&text, "    '%s') echo '%s' ;;\n", place.path, Joined(place.flags));
  }
  return text +
         "  esac\n}\n"
         "_quoratectl_place() {\n"
         "  local place='' word\n"
         "  for word in \"$@\"; do\n"
         "    case \" $(_quoratectl_subcommands \"$place\") \" in\n"
         "      *\" $word \"*) place=\"${place:+$place }$word\" ;;\n"
         "    esac\n"
         "  done\n"
         "  echo \"$place\"\n"
         "}\n"
         "_quoratectl_words() {\n"
         "  local previous=\"$1\" current=\"$2\" place=\"$3\"\n"
         "  case \"$previous\" in\n"
         "    --output) echo 'table json'; return ;;\n"
         "    completion) echo '" +
         kShells +
         "'; return ;;\n"
         "  esac\n"
         "  case \"$current\" in\n"
         "    -*) _quoratectl_flags \"$place\" ;;\n"
         "    *) _quoratectl_subcommands \"$place\" ;;\n"
         "  esac\n"
         "}\n";
}

std::string BashScript(const std::vector<Place>& places) {
  return "# bash completion for quoratectl. Use it with: source <(quoratectl completion bash)\n" +
         WordFunctions(places) +
         "_quoratectl() {\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
         "  local place\n"
         "  place=\"$(_quoratectl_place \"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\"\n"
         "  COMPREPLY=($(compgen -W \"$(_quoratectl_words \"$previous\" \"$current\" \"$place\")\" "
         "-- \"$current\"))\n"
         "}\n"
         "complete -F _quoratectl quoratectl\n";
}

std::string ZshScript(const std::vector<Place>& places) {
  return "#compdef quoratectl\n"
         "# zsh completion for quoratectl. Use it with: source <(quoratectl completion zsh)\n" +
         WordFunctions(places) +
         "_quoratectl() {\n"
         "  local place=\"$(_quoratectl_place \"${(@)words[2,CURRENT-1]}\")\"\n"
         "  compadd -- ${=\"$(_quoratectl_words \"${words[CURRENT-1]}\" \"${words[CURRENT]}\" "
         "\"$place\")\"}\n"
         "}\n"
         "compdef _quoratectl quoratectl\n";
}

std::string FishQuoted(const std::string& text) {
  return "'" + absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"'", "\\'"}}) + "'";
}

std::string FishScript(const std::vector<Place>& places) {
  std::string paths;
  for (const Place& place : places) {
    if (!place.path.empty()) absl::StrAppendFormat(&paths, " '%s'", place.path);
  }
  std::string text = absl::StrFormat(
      "# fish completion for quoratectl. Use it with: quoratectl completion fish | source\n"
      "function __quoratectl_place\n"
      "  set -l known%s\n"
      "  set -l place ''\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    set -l next (string trim -- \"$place $word\")\n"
      "    contains -- \"$next\" $known; and set place \"$next\"\n"
      "  end\n"
      "  echo \"$place\"\n"
      "end\n"
      "complete -c quoratectl -f\n"
      "complete -c quoratectl -n 'test (__quoratectl_place) = completion' -a '%s'\n",
      paths, kShells);
  for (const Place& place : places) {
    const std::string line = absl::StrFormat(
        "complete -c quoratectl -n 'test (__quoratectl_place) = \"%s\"'", place.path);
    for (const Place::Word& word : place.subcommands) {
      absl::StrAppendFormat(&text, "%s -a %s -d %s\n", line, word.text, FishQuoted(word.help));
    }
    for (const Place::Word& word : place.flags) {
      const std::string values = word.text == "--output" ? " -a 'table json'" : "";
      absl::StrAppendFormat(&text, "%s -l %s%s%s -d %s\n", line, word.text.substr(2),
                            word.takes_value ? " -x" : "", values, FishQuoted(word.help));
    }
  }
  return text;
}

ExitCode Complete(Session& session, const std::string& shell, const std::vector<Place>& places) {
  if (shell == "bash") {
    session.out() << BashScript(places);
  } else if (shell == "zsh") {
    session.out() << ZshScript(places);
  } else if (shell == "fish") {
    session.out() << FishScript(places);
  } else {
    return session.RefuseUsage(absl::StrFormat(
        "no completion for the shell '%s'; the supported shells are: %s", shell, kShells));
  }
  return ExitCode::kDone;
}

}  // namespace

void AddCompletion(CommandLine& line) {
  auto shell = std::make_shared<std::string>();
  CLI::App* app = line.app();
  CLI::App* command = line.AddCommand(
      app,
      {.name = "completion",
       .summary = "print a shell's completion script",
       .description = "The script completes nouns, verbs and options. It makes no calls.",
       .examples = {"source <(quoratectl completion bash)", "source <(quoratectl completion zsh)",
                    "quoratectl completion fish | source"}},
      CommonFlags::kNone, [shell, app](Session& session) {
        std::vector<Place> places;
        AddPlaces(app, "", places);
        return Complete(session, *shell, places);
      });
  command->add_option("SHELL", *shell, "One of: bash, zsh, fish.")->required();
}

}  // namespace quorate::cli
