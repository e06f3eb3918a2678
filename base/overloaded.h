// Combines lambdas for std::visit, one for each alternative.
#pragma once

namespace quorate {

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <typename... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

}  // namespace quorate
