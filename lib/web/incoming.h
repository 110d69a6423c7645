// Private: how Beast's parser hands over a request's body.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/optional.hpp>

#include "base/error.h"
#include "web/spool.h"

namespace mlops::web {

struct SpoolBody {
  using value_type = IncomingBody;
  static std::uint64_t size(const value_type& body) { return body.text.size(); }

  class reader {
   public:
    template <bool is_request, class Fields>
    reader(boost::beast::http::header<is_request, Fields>&, value_type& body) : body_(body) {}
    void init(const boost::optional<std::uint64_t>& length, boost::system::error_code& error) {
      error = {};
      if (length) body_.text.reserve(std::min<std::uint64_t>(*length, IncomingBody::k_threshold));
    }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::system::error_code& error) {
      error = {};
      std::size_t count = 0;
      for (auto at = boost::asio::buffer_sequence_begin(buffers); at != boost::asio::buffer_sequence_end(buffers);
           ++at) {
        const boost::asio::const_buffer piece = *at;
        try {
          body_.append({static_cast<const char*>(piece.data()), piece.size()});
        } catch (const Error&) {
          error = boost::system::errc::make_error_code(boost::system::errc::no_space_on_device);
          return count;
        }
        count += piece.size();
      }
      return count;
    }
    void finish(boost::system::error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};

}  // namespace mlops::web
