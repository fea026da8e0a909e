//! Recognizes the URLs of Insights.

/// The host of Inngest Cloud's API.
pub(super) const CLOUD: &str = "api.inngest.com";

/// Whether a URL leads to Insights: its path ends in `/insights`, or its host is Inngest Cloud's API.
pub(super) fn is_insights(url: &str) -> bool {
    let (_, host, path) = parts(url);
    is_cloud(host) || (base(path).is_some() && !path.contains(['?', '#']))
}

/// The URL up to its path, the host, and the path.
pub(super) fn parts(url: &str) -> (&str, &str, &str) {
    let start = url.find("://").map_or(0, |at| at + 3);
    let rest = url.get(start..).unwrap_or_default();
    let end = start + rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (server, path) = url.split_at_checked(end).unwrap_or((url, ""));
    let authority = server.get(start..).unwrap_or_default();
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    (server, host, path)
}

pub(super) fn is_cloud(host: &str) -> bool {
    host.eq_ignore_ascii_case(CLOUD)
}

/// The path of Insights in a path of the API.
pub(super) fn base(path: &str) -> Option<&str> {
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix("/query").unwrap_or(path);
    path.ends_with("/insights").then_some(path)
}
