//! The configurations of rustls that the arguments ask for.

use std::fs;
use std::sync::Arc;

use rustls::client::{
    AlwaysResolvesClientRawPublicKeys, EchConfig, EchGreaseConfig, EchMode,
};
use rustls::compress::{
    CertCompressor, CertDecompressor, BROTLI_COMPRESSOR, BROTLI_DECOMPRESSOR,
    ZLIB_COMPRESSOR, ZLIB_DECOMPRESSOR,
};
use rustls::crypto::aws_lc_rs::{self, hpke, Ticketer};
use rustls::crypto::hpke::Hpke;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{
    CertificateDer, EchConfigListBytes, PrivateKeyDer, SubjectPublicKeyInfoDer,
};
use rustls::server::{
    AlwaysResolvesServerRawPublicKeys, NoServerSessionStorage,
    WebPkiClientVerifier,
};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion,
};

use crate::pin::Pin;
use crate::report::{group_name, iana};
use crate::{Failure, Options};

type Compression = (
    Vec<&'static dyn CertCompressor>,
    Vec<&'static dyn CertDecompressor>,
);

/// How the client is to behave.
pub fn client(options: &Options) -> Result<ClientConfig, Failure> {
    let provider = provider(options);
    let builder = ClientConfig::builder_with_provider(provider.clone());
    let builder = match ech(options)? {
        Some(mode) => builder.with_ech(mode)?,
        None => builder.with_protocol_versions(&versions(options))?,
    };
    let builder = match options.get("pin") {
        Some(file) => {
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Pin::read(
                    file, &provider,
                )?))
        }
        None => builder.with_root_certificates(roots(options)?),
    };
    let mut config = match (options.get("rawkey"), options.contains_key("cert"))
    {
        (Some(_), _) => builder.with_client_cert_resolver(Arc::new(
            AlwaysResolvesClientRawPublicKeys::new(raw_key(
                options, &provider,
            )?),
        )),
        (None, true) => {
            builder.with_client_auth_cert(chain(options)?, key(options)?)?
        }
        (None, false) => builder.with_no_client_auth(),
    };
    config.alpn_protocols = names(options, "alpn")
        .into_iter()
        .map(String::into_bytes)
        .collect();
    config.enable_early_data = options.contains_key("early");
    (config.cert_compressors, config.cert_decompressors) = compression(options);
    Ok(config)
}

/// How the server is to behave.
pub fn server(options: &Options) -> Result<ServerConfig, Failure> {
    let provider = provider(options);
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&versions(options))?;
    let asked = options.get("clientauth").map(String::as_str);
    let builder = match (options.get("pin"), asked) {
        (Some(file), _) => builder
            .with_client_cert_verifier(Arc::new(Pin::read(file, &provider)?)),
        (None, Some("request" | "require")) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(
                Arc::new(roots(options)?),
                provider.clone(),
            );
            let verifier = if asked == Some("request") {
                verifier.allow_unauthenticated()
            } else {
                verifier
            };
            builder.with_client_cert_verifier(verifier.build()?)
        }
        _ => builder.with_no_client_auth(),
    };
    let mut config = match (options.get("rawkey"), options.get("staple")) {
        (Some(_), _) => builder.with_cert_resolver(Arc::new(
            AlwaysResolvesServerRawPublicKeys::new(raw_key(
                options, &provider,
            )?),
        )),
        (None, Some(file)) => builder.with_single_cert_with_ocsp(
            chain(options)?,
            key(options)?,
            fs::read(file)?,
        )?,
        (None, None) => {
            builder.with_single_cert(chain(options)?, key(options)?)?
        }
    };
    config.alpn_protocols = names(options, "alpn")
        .into_iter()
        .map(String::into_bytes)
        .collect();
    if let Some(length) = options.get("maxearly") {
        // It takes early data where it keeps the sessions itself.
        config.max_early_data_size = length.parse()?;
    } else if options.get("tickets").map_or(true, |value| value == "true") {
        config.ticketer = Ticketer::new()?;
        config.session_storage = Arc::new(NoServerSessionStorage {});
    }
    (config.cert_compressors, config.cert_decompressors) = compression(options);
    Ok(config)
}

fn provider(options: &Options) -> Arc<CryptoProvider> {
    let mut provider = aws_lc_rs::default_provider();
    let groups = names(options, "groups");
    if !groups.is_empty() {
        provider.kx_groups = groups
            .iter()
            .filter_map(|name| {
                aws_lc_rs::ALL_KX_GROUPS
                    .iter()
                    .find(|group| group_name(group.name()) == *name)
                    .copied()
            })
            .collect();
    }
    let suites = names(options, "suites");
    if !suites.is_empty() {
        provider
            .cipher_suites
            .retain(|suite| suites.contains(&iana(suite.suite())));
    }
    Arc::new(provider)
}

fn versions(options: &Options) -> Vec<&'static SupportedProtocolVersion> {
    let only = |name: &str, end: &str| {
        options.get(end).is_some_and(|value| value == name)
    };
    if only("TLSv1.2", "max") {
        vec![&TLS12]
    } else if only("TLSv1.3", "min") {
        vec![&TLS13]
    } else {
        vec![&TLS13, &TLS12]
    }
}

fn ech(options: &Options) -> Result<Option<EchMode>, Failure> {
    let Some(text) = options.get("ech") else {
        return Ok(None);
    };
    if text == "grease" {
        let suite = hpke::DH_KEM_X25519_HKDF_SHA256_AES_128;
        let (key, _) = suite.generate_key_pair()?;
        return Ok(Some(EchMode::Grease(EchGreaseConfig::new(suite, key))));
    }
    let list = EchConfigListBytes::from(unhex(text));
    Ok(Some(EchMode::Enable(EchConfig::new(
        list,
        hpke::ALL_SUPPORTED_SUITES,
    )?)))
}

fn compression(options: &Options) -> Compression {
    match options.get("compression").map(String::as_str) {
        Some("zlib") => (vec![ZLIB_COMPRESSOR], vec![ZLIB_DECOMPRESSOR]),
        Some("brotli") => (vec![BROTLI_COMPRESSOR], vec![BROTLI_DECOMPRESSOR]),
        _ => (vec![], vec![]),
    }
}

fn chain(options: &Options) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let file = options.get("cert").ok_or("no cert")?;
    Ok(CertificateDer::pem_file_iter(file)?.collect::<Result<_, _>>()?)
}

fn key(options: &Options) -> Result<PrivateKeyDer<'static>, Failure> {
    Ok(PrivateKeyDer::from_pem_file(
        options.get("key").ok_or("no key")?,
    )?)
}

fn raw_key(
    options: &Options,
    provider: &CryptoProvider,
) -> Result<Arc<CertifiedKey>, Failure> {
    let file = options.get("rawkey").ok_or("no rawkey")?;
    let key = provider
        .key_provider
        .load_private_key(PrivateKeyDer::from_pem_file(file)?)?;
    let public: SubjectPublicKeyInfoDer =
        key.public_key().ok_or("no public key")?;
    let public = CertificateDer::from(public.as_ref().to_vec());
    Ok(Arc::new(CertifiedKey::new(vec![public], key)))
}

fn roots(options: &Options) -> Result<RootCertStore, Failure> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = options.get("ca") {
        for cert in CertificateDer::pem_file_iter(file)? {
            roots.add(cert?)?;
        }
    }
    Ok(roots)
}

fn names(options: &Options, name: &str) -> Vec<String> {
    let list = options.get(name).map_or("", String::as_str);
    list.split(',')
        .filter(|name| !name.is_empty())
        .map(str::to_string)
        .collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .filter_map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok())
        .collect()
}
