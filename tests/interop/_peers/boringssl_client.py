"""The tests' client on BoringSSL, by the libcurl that curl_cffi carries. It
asks for one page with Encrypted ClientHello, and shows it or the error.
"""

import io
import sys

from curl_cffi import Curl, CurlError, CurlOpt

OPTIONS = dict(argument.split("=", 1) for argument in sys.argv[1:])


def main():
    place = f"{OPTIONS['name']}:{OPTIONS['port']}"
    page = io.BytesIO()
    curl = Curl()
    curl.setopt(CurlOpt.URL, f"https://{place}/".encode())
    curl.setopt(CurlOpt.RESOLVE, [f"{place}:127.0.0.1"])
    curl.setopt(CurlOpt.PROXY, b"")
    curl.setopt(CurlOpt.CAINFO, OPTIONS["ca"].encode())
    curl.setopt(CurlOpt.ECH, OPTIONS["ech"].encode())
    curl.setopt(CurlOpt.WRITEDATA, page)
    try:
        curl.perform()
        print(page.getvalue().decode())
    except CurlError as error:
        print(error)


main()
