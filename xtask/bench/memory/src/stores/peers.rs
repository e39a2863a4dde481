//! Stores by others.

use bench_harness::KeyValue;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use openkeyv::AsyncKeyValue;

use super::Ordered;

/// `OpenDAL` on its service in memory.
#[derive(Debug)]
pub struct OpenDal(opendal::Operator);

impl OpenDal {
    /// An empty one.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self(opendal::Operator::new(opendal::services::Memory::default())?))
    }
}

impl KeyValue for OpenDal {
    async fn get(&self, key: &str) -> anyhow::Result<Option<usize>> {
        match self.0.read(key).await {
            Ok(value) => Ok(Some(value.len())),
            Err(error) if error.kind() == opendal::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> anyhow::Result<()> {
        self.0.write(key, value).await?;
        Ok(())
    }

    async fn delete(&self, key: &str) -> anyhow::Result<()> {
        Ok(self.0.delete(key).await?)
    }
}

/// The `InMemory` of `object_store`.
#[derive(Debug, Default)]
pub struct ObjectStore(object_store::memory::InMemory);

impl KeyValue for ObjectStore {
    async fn get(&self, key: &str) -> anyhow::Result<Option<usize>> {
        match self.0.get(&Path::from(key)).await {
            Ok(value) => Ok(Some(value.bytes().await?.len())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> anyhow::Result<()> {
        self.0.put(&Path::from(key), value.into()).await?;
        Ok(())
    }

    async fn delete(&self, key: &str) -> anyhow::Result<()> {
        Ok(self.0.delete(&Path::from(key)).await?)
    }
}

impl Ordered for ObjectStore {
    async fn list(&self, after: &str, limit: usize) -> anyhow::Result<usize> {
        use futures_util::StreamExt;
        use object_store::ObjectStore as _;

        let mut entries = self.0.list_with_offset(None, &Path::from(after)).take(limit);
        let mut count = 0;
        while let Some(entry) = entries.next().await {
            self.0.get(&entry?.location).await?.bytes().await?;
            count += 1;
        }
        Ok(count)
    }
}

/// `Keyv` on its store in memory; its values are JSON, so ours go in as strings.
#[derive(Default)]
pub struct Keyv(keyv::Keyv);

impl std::fmt::Debug for Keyv {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyv")
    }
}

impl KeyValue for Keyv {
    async fn get(&self, key: &str) -> anyhow::Result<Option<usize>> {
        let value = self.0.get(key).await?;
        Ok(value.and_then(|value| value.as_str().map(str::len)))
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> anyhow::Result<()> {
        Ok(self.0.set(key, String::from_utf8(value)?).await?)
    }

    async fn delete(&self, key: &str) -> anyhow::Result<()> {
        Ok(self.0.remove(key).await?)
    }
}

/// `OpenKeyv` on its store in memory.
#[derive(Default)]
pub struct OpenKeyv(openkeyv::store::memory::MemoryStore);

impl std::fmt::Debug for OpenKeyv {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpenKeyv")
    }
}

impl KeyValue for OpenKeyv {
    async fn get(&self, key: &str) -> anyhow::Result<Option<usize>> {
        Ok(self.0.get(key, None).await?.map(|value| value.len()))
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> anyhow::Result<()> {
        Ok(self.0.put(key, openkeyv::Value::binary(value), None, None).await?)
    }

    async fn delete(&self, key: &str) -> anyhow::Result<()> {
        self.0.delete(key, None).await?;
        Ok(())
    }
}
