//! The client of a store that brings none: what the configuration says, and the environment for the rest.

use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::RegionProviderChain;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider, SharedHttpClient};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use http::Uri;
use kvs_core::{Error, Result};

use crate::config::DynamoConfig;

/// A client with what the configuration says, and the environment for the rest.
pub(crate) async fn connect(config: &DynamoConfig) -> Result<Client> {
    let local = match &config.endpoint_url {
        Some(url) => is_local(url)?,
        None => false,
    };
    let timeouts = TimeoutConfig::builder().connect_timeout(config.connect_timeout);
    // Pinned: a later version would bring other defaults with an update of the SDK.
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http_client(local, config.endpoint_url.as_deref()))
        .timeout_config(timeouts.build());
    if let Some(region) = region(config.region.clone(), local) {
        loader = loader.region(region);
    }
    if let Some(url) = &config.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    let shared = with_credentials(loader, config.credentials.clone(), local).load().await;
    if shared.region().is_none() {
        return Err(Error::config(
            "no region is set; name one in the configuration, in AWS_REGION or in a profile",
        ));
    }
    Ok(Client::new(&shared))
}

/// Is the endpoint on this host, where an emulator listens?
fn is_local(url: &str) -> Result<bool> {
    let wrong = || Error::config("endpoint_url is no URL of the form http://host:port or https://host");
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    let (scheme, authority) = uri.scheme_str().zip(uri.authority()).ok_or_else(wrong)?;
    // Whatever else stands there is a user name, or a port that is none.
    let plain = match authority.port_u16() {
        Some(port) => format!("{}:{port}", authority.host()),
        None => authority.host().to_owned(),
    };
    if !matches!(scheme, "http" | "https") || plain != authority.as_str() {
        return Err(wrong());
    }
    Ok(matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]"))
}

/// Loading the system's certificates takes a while, so only where they may be needed: elsewhere than on this host also to
/// fetch credentials.
fn http_client(local: bool, endpoint_url: Option<&str>) -> SharedHttpClient {
    if local && endpoint_url.is_some_and(|url| url.starts_with("http://")) {
        Builder::new().build_http()
    } else {
        Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https()
    }
}

/// Where to look for the region, unless it is where every AWS tool looks: the loader does that, with its own client.
fn region(configured: Option<String>, local: bool) -> Option<RegionProviderChain> {
    let configured = configured.map(Region::new);
    if local {
        let chain = RegionProviderChain::first_try(configured).or_else(EnvironmentVariableRegionProvider::new());
        return Some(chain.or_else(Region::from_static("us-east-1")));
    }
    configured.map(RegionProviderChain::first_try)
}

fn with_credentials(loader: ConfigLoader, configured: Option<SharedCredentialsProvider>, local: bool) -> ConfigLoader {
    if let Some(provider) = configured {
        return loader.credentials_provider(provider);
    }
    if !local {
        return loader;
    }
    // An emulator wants credentials of the right form and does not check them.
    let any = Credentials::new("local", "local", None, None, "kvs");
    let environment = EnvironmentVariableCredentialsProvider::new();
    loader.credentials_provider(CredentialsProviderChain::first_try("environment", environment).or_else("local", any))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_host_is_local() {
        for url in [
            "http://localhost:8000",
            "http://127.0.0.1:1/",
            "http://[::1]:8000",
            "https://localhost",
            "http://[::1]",
        ] {
            assert!(is_local(url).unwrap(), "{url}");
        }
        for url in [
            "https://dynamodb.eu-west-1.amazonaws.com",
            "http://localhost.example.com:8000",
        ] {
            assert!(!is_local(url).unwrap(), "{url}");
        }
        let wrong = [
            "",
            "127.0.0.1:8000",
            "ftp://localhost",
            "http://",
            "http://localhost:99999",
            "http://user:hunter2@localhost:8000",
            "http://user:hunter2@bad host:8000",
        ];
        for url in wrong {
            let error = is_local(url).unwrap_err();
            assert!(!format!("{error:?}").contains("hunter2"), "{url}");
        }
    }
}
