# Every third-party library, once, as an imported target of the form dep::NAME. Debian 12 packages only
# (installed by `hack/dev.sh setup`). Their headers are SYSTEM, so our warnings stay ours.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(simdjson REQUIRED)
find_package(CLI11 REQUIRED)
find_package(date REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(GTest REQUIRED)
find_package(prometheus-cpp REQUIRED CONFIG COMPONENTS core)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)

add_library(penstock_dep_asio INTERFACE)
add_library(dep::asio ALIAS penstock_dep_asio)
target_include_directories(penstock_dep_asio SYSTEM INTERFACE ${Boost_INCLUDE_DIRS})
target_link_libraries(penstock_dep_asio INTERFACE OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
# Separate compilation keeps Asio's and Beast's function bodies in one translation unit (src/net/asio_impl.cpp).
# The recycling cache is sized for a relay's nesting depth so that a chunk passes without touching malloc.
target_compile_definitions(penstock_dep_asio INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=16 BOOST_ASIO_DISABLE_BOOST_CHRONO)

foreach(pair IN ITEMS "openssl=OpenSSL::Crypto" "zlib=ZLIB::ZLIB" "fmt=fmt::fmt" "spdlog=spdlog::spdlog"
                      "json=nlohmann_json::nlohmann_json" "yaml=yaml-cpp" "simdjson=simdjson::simdjson"
                      "cli=CLI11::CLI11" "date=date::date" "re2=PkgConfig::re2" "xxhash=PkgConfig::xxhash"
                      "httplib=PkgConfig::httplib" "prometheus=prometheus-cpp::core" "threads=Threads::Threads")
  string(REPLACE "=" ";" pair "${pair}")
  list(GET pair 0 name)
  list(GET pair 1 target)
  add_library(penstock_dep_${name} INTERFACE)
  target_link_libraries(penstock_dep_${name} INTERFACE ${target})
  add_library(dep::${name} ALIAS penstock_dep_${name})
endforeach()
# Whoever speaks HTTP with httplib speaks TLS too.
target_link_libraries(penstock_dep_httplib INTERFACE OpenSSL::SSL)
