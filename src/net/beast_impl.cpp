// The bodies of the part of Beast that we use, its incremental HTTP/1 parser, compiled once
// (BOOST_BEAST_SEPARATE_COMPILATION). WebSocket, zlib and file parts stay out of the program.

#define BOOST_BEAST_SOURCE

#include <boost/beast/core/detail/config.hpp>
#include <boost/beast/core/impl/error.ipp>
#include <boost/beast/core/impl/string.ipp>
#include <boost/beast/http/detail/basic_parser.ipp>
#include <boost/beast/http/detail/rfc7230.ipp>
#include <boost/beast/http/impl/basic_parser.ipp>
#include <boost/beast/http/impl/error.ipp>
#include <boost/beast/http/impl/field.ipp>
#include <boost/beast/http/impl/rfc7230.ipp>
#include <boost/beast/http/impl/verb.ipp>
