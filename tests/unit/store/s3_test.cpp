// What of S3 needs no server: signatures (AWS's own examples), addresses, the XML of answers, the AWS tools' files.
#include <catch2/catch.hpp>
#include <random>

#include "base/error.h"
#include "base/hash.h"
#include "store/remote/aws_profile.h"
#include "store/remote/s3_address.h"
#include "store/remote/s3_xml.h"
#include "store/remote/sigv4.h"

using namespace mlops;
using namespace mlops::store;

namespace {

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "Examples: Signature calculations"
const AwsKeys k_keys{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};

std::string authorization(S3Request request, const std::string& payload) {
  request.host = "examplebucket.s3.amazonaws.com";
  request.payload_sha256 = sha256(payload).hex();
  for (const auto& [name, value] : signed_headers(request, k_keys, "us-east-1", *parse_time("2013-05-24T00:00:00Z")))
    if (name == "Authorization") return value;
  return {};
}

std::string example(const std::string& headers, const std::string& signature) {
  return "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=" +
         headers + ",Signature=" + signature;
}

std::string refused(const std::string& url) {
  try {
    parse_s3_address(url);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.message() + error.hint();
  }
  FAIL("it was taken: " << url);
  return {};
}

std::string list_of(const std::string& inside) {
  return "<?xml version=\"1.0\"?><ListBucketResult>" + inside + "</ListBucketResult>";
}

}  // namespace

TEST_CASE("requests are signed as in AWS's examples") {
  CHECK(authorization({"GET", {}, "/test.txt", {}, {{"Range", "bytes=0-9"}}, {}}, "") ==
        example("host;range;x-amz-content-sha256;x-amz-date",
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
  CHECK(authorization({"PUT",
                       {},
                       "/test$file.text",
                       {},
                       {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                       {}},
                      "Welcome to Amazon S3.") ==
        example("date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
  CHECK(authorization({"GET", {}, "/", {{"lifecycle", ""}}, {}, {}}, "") ==
        example("host;x-amz-content-sha256;x-amz-date",
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
  CHECK(authorization({"GET", {}, "/", {{"prefix", "J"}, {"max-keys", "2"}}, {}, {}}, "") ==
        example("host;x-amz-content-sha256;x-amz-date",
                "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

TEST_CASE("a session token is signed, and the target is encoded as it is signed") {
  AwsKeys keys = k_keys;
  keys.token = "token";
  const auto headers = signed_headers({"GET", "h", "/", {}, {}, "x"}, keys, "us-east-1", 0);
  CHECK(std::find(headers.begin(), headers.end(),
                  std::pair<std::string, std::string>("x-amz-security-token", "token")) != headers.end());
  CHECK(headers.back().second.find("x-amz-date;x-amz-security-token,") != std::string::npos);
  CHECK(target_of({"GET", "h", "/b/a=1+2/ü", {{"z", "1"}, {"prefix", "a/b c"}}, {}, {}}) ==
        "/b/a%3D1%2B2/%C3%BC?prefix=a%2Fb%20c&z=1");
}

TEST_CASE("an address has one form") {
  CHECK(parse_s3_address("s3://team/a/b/").text() == "s3://team/a/b");
  CHECK(parse_s3_address("s3://team?style=path&region=eu-central-1&endpoint=http%3A%2F%2FLocalhost:9000/").text() ==
        "s3://team?endpoint=http://localhost:9000&region=eu-central-1&style=path");
  CHECK(parse_s3_address("s3://team/x?endpoint=https://[::1]:443").endpoint == "https://[::1]");
  CHECK(parse_s3_address("s3://a.b-c.d/Model_1/k=v").prefix == "Model_1/k=v");
}

TEST_CASE("what can't be an address is refused, and no secret is repeated") {
  for (const char* url : {"s3://",
                          "s3:///x",
                          "s3://ab",
                          "s3://Team",
                          "s3://team..x",
                          "s3://-team",
                          "s3://team-/x",
                          "s3://te_am",
                          "s3://te am/x",
                          "s3://team/../x",
                          "s3://team//x",
                          "s3://team/./x",
                          "s3://team/a b",
                          "s3://team/a%2e",
                          "s3://team/\x01",
                          "s3://team?style=other",
                          "s3://team?region=EU",
                          "s3://team?region=",
                          "s3://team?endpoint=",
                          "s3://team?endpoint=ftp://x",
                          "s3://team?endpoint=http://",
                          "s3://team?endpoint=http://x/y",
                          "s3://team?endpoint=http://x:0",
                          "s3://team?endpoint=http://x:70000",
                          "s3://team?endpoint=http://-x",
                          "s3://team?endpoint=http://x%0aHost:y",
                          "s3://team?endpoint=http://x?y",
                          "s3://team?endpoint=http://[x]"})
    CHECK_FALSE(refused(url).empty());
  for (const char* url : {"s3://id:HUSH@team/x", "s3://HUSH@team", "s3://team?endpoint=https://id:HUSH@host",
                          "s3://team?endpoint=https://id%3AHUSH%40host", "s3://team?secret_access_key=HUSH"})
    CHECK(refused(url).find("HUSH") == std::string::npos);
}

TEST_CASE("a page of a list is read") {
  const auto page =
      parse_s3_list(list_of("<IsTruncated>true</IsTruncated><EncodingType>url</EncodingType><Contents><Key>a%2Fb+c</"
                            "Key><Size>12</Size></Contents>"
                            "<Contents><Size>18446744073709551615</Size><Key>&lt;</Key></"
                            "Contents><NextContinuationToken>t</NextContinuationToken>"));
  REQUIRE(page.objects.size() == 2);
  CHECK(page.objects[0].key == "a/b c");
  CHECK(page.objects[0].size == 12);
  CHECK(page.objects[1].key == "<");
  CHECK(page.truncated);
  CHECK(page.next_token == "t");
  CHECK(parse_s3_list(list_of("")).objects.empty());
}

TEST_CASE("hostile lists are refused") {
  const std::string one = "<Contents><Key>k</Key><Size>1</Size></Contents>";
  std::string many, deep;
  for (int i = 0; i < 1001; ++i) many += one;
  for (int i = 0; i < 200'000; ++i) deep += "<a>";
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("<ListBucketResult>"), std::string("<html/>"),
        std::string("<ListBucketResult><Contents/></ListBucketResult>"),
        list_of("<Contents><Key>k</Key><Size>-1</Size></Contents>"),
        list_of("<Contents><Key>k</Key><Size>18446744073709551616</Size></Contents>"),
        list_of("<Contents><Key>k</Key><Size>1x</Size></Contents>"), list_of("<IsTruncated>true</IsTruncated>"),
        list_of("<Contents><Key>" + std::string(5000, 'k') + "</Key><Size>1</Size></Contents>"), list_of(many), deep,
        list_of(std::string(5 << 20, ' ')), std::string("<ListBucketResult>\0</ListBucketResult>", 38)})
    CHECK_THROWS_AS(parse_s3_list(text), Error);
  // Entities of a document type are not expanded.
  const auto bomb = parse_s3_list("<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]>" +
                                  list_of("<Contents><Key>&a;&f;</Key><Size>1</Size></Contents>"));
  CHECK(bomb.objects.at(0).key == "&a;&f;");
}

TEST_CASE("errors and upload ids are read, whatever is sent") {
  const auto problem =
      parse_s3_error("<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>");
  CHECK(problem.code == "AuthorizationHeaderMalformed");
  CHECK(problem.region == "eu-west-1");
  for (const char* text : {"", "<", "<html><body>502</body></html>", "\xff\xfe", "{}"})
    CHECK(parse_s3_error(text).code.empty());
  CHECK(parse_s3_upload_id("<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>") ==
        "u1");
  CHECK(parse_s3_upload_id("<x/>").empty());
}

TEST_CASE("the AWS tools' files are read as they read them") {
  const auto sections = parse_aws_file(
      "; first\n[default]\nregion = eu-west-1 # mine\n\n[profile  dev]\r\nAWS_Access_Key_Id=id\nnonsense\ns3 =\n  "
      "endpoint_url = http://x\nendpoint_url=http://y:1/?a=b\n[broken\nregion = z\nlost=1\n",
      "config");
  CHECK(sections.at("default").at("region") == "eu-west-1");
  CHECK(sections.at("profile  dev").at("aws_access_key_id") == "id");
  CHECK(sections.at("profile  dev").at("endpoint_url") == "http://y:1/?a=b");
  CHECK(sections.at("profile  dev").at("s3").empty());
  CHECK(sections.count("broken") == 0);
  CHECK(parse_aws_file("", "x").empty());
  CHECK(parse_aws_file("key=1\n=\n[]\n=\n", "x").count("key") == 0);
  CHECK_THROWS_AS(parse_aws_file("[default]\nregion = a\x01"
                                 "b\n",
                                 "x"),
                  Error);
}

TEST_CASE("whatever bytes come, they end in a value or an error") {
  const std::string list = list_of(
      "<EncodingType>url</EncodingType><Contents><Key>a%2Fb</Key><Size>12</Size></Contents><IsTruncated>true</"
      "IsTruncated>"
      "<NextContinuationToken>t&amp;<![CDATA[x]]></NextContinuationToken>");
  const std::string error = "<Error><Code>A</Code><Region>r</Region></Error>",
                    profile = "[profile x]\nregion = a\n[default]\nb=c # d\n";
  std::mt19937 random(5);
  const auto mutated = [&](std::string text) {
    for (int i = 0; i < 4; ++i) {
      const std::size_t at = random() % text.size();
      if (random() % 3 == 0)
        text.erase(at, random() % 9);
      else if (random() % 2 == 0)
        text.insert(at, text.substr(random() % text.size(), 12));
      else
        text[at] = static_cast<char>(random());
      if (text.empty()) text = "<";
    }
    return text;
  };
  int read = 0, refused_ones = 0;
  const auto attempt = [&](const auto& parse) {
    try {
      parse();
      ++read;
    } catch (const Error&) {
      ++refused_ones;
    }
  };
  for (int i = 0; i < 3000; ++i) {
    attempt([&] { parse_s3_list(mutated(list)); });
    attempt([&] { parse_s3_error(mutated(error)); });
    attempt([&] { parse_s3_upload_id(mutated(list)); });
    attempt([&] { parse_aws_file(mutated(profile), "x"); });
    attempt([&] { parse_s3_address("s3://" + mutated("team/a?endpoint=http://[::1]:9&region=x")); });
  }
  CHECK(read > 100);
  CHECK(refused_ones > 100);
}
