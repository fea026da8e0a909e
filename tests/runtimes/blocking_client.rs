//! The blocking client, where blocking is allowed and where it is not.

use super::*;

/// The context in which a blocking client is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CallContext {
    Thread,
    Entered,
    EnteredEnded,
    OtherExecutor,
    SpawnBlocking,
    SpawnBlockingCurrent,
    SpawnBlockingPaused,
    SpawnBlockingNoDrivers,
    SpawnBlockingAsRuntimeEnds,
    BlockInPlace,
    BlockInPlaceOfRoot,
    ThreadInTask,

    Task,
    TaskCurrent,
    Root,
    RootCurrent,
    RootNoDrivers,
    LocalTask,
    LocalTaskOfMulti,
    Unconstrained,
    UnconstrainedCurrent,
    UnconstrainedRootCurrent,
    BudgetSpent,
    Selected,
    OtherExecutorInTask,
    BlockOnInSpawnBlocking,
    BlockOnInBlockInPlace,
}

const BLOCKING_ALLOWED: [CallContext; 12] = [
    CallContext::Thread,
    CallContext::Entered,
    CallContext::EnteredEnded,
    CallContext::OtherExecutor,
    CallContext::SpawnBlocking,
    CallContext::SpawnBlockingCurrent,
    CallContext::SpawnBlockingPaused,
    CallContext::SpawnBlockingNoDrivers,
    CallContext::SpawnBlockingAsRuntimeEnds,
    CallContext::BlockInPlace,
    CallContext::BlockInPlaceOfRoot,
    CallContext::ThreadInTask,
];

const BLOCKING_FORBIDDEN: [CallContext; 15] = [
    CallContext::Task,
    CallContext::TaskCurrent,
    CallContext::Root,
    CallContext::RootCurrent,
    CallContext::RootNoDrivers,
    CallContext::LocalTask,
    CallContext::LocalTaskOfMulti,
    CallContext::Unconstrained,
    CallContext::UnconstrainedCurrent,
    CallContext::UnconstrainedRootCurrent,
    CallContext::BudgetSpent,
    CallContext::Selected,
    CallContext::OtherExecutorInTask,
    CallContext::BlockOnInSpawnBlocking,
    CallContext::BlockOnInBlockInPlace,
];

fn on_blocking_thread<T: Send + 'static>(
    runtime: &Runtime,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    runtime.block_on(async { tokio::task::spawn_blocking(work).await.unwrap() })
}

fn in_task<T: Send + 'static>(
    runtime: &Runtime,
    work: impl Future<Output = T> + Send + 'static,
) -> T {
    runtime.block_on(async { tokio::spawn(work).await.unwrap() })
}

impl CallContext {
    fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> T {
        match self {
            Self::Thread => work(),
            Self::Entered => {
                let runtime = current();
                let _inside = runtime.enter();
                work()
            }
            Self::EnteredEnded => {
                let ended = handle_of_ended(multi());
                let _inside = ended.enter();
                work()
            }
            Self::OtherExecutor => block_on(async { work() }),
            Self::SpawnBlocking => on_blocking_thread(&multi(), work),
            Self::SpawnBlockingCurrent => on_blocking_thread(&current(), work),
            Self::SpawnBlockingPaused => on_blocking_thread(&paused(), work),
            Self::SpawnBlockingNoDrivers => {
                on_blocking_thread(&build(&mut Builder::new_current_thread()), work)
            }
            Self::SpawnBlockingAsRuntimeEnds => {
                let runtime = multi();
                let (started, starts) = mpsc::channel();
                let (shut_down, shutdowns) = mpsc::channel();
                let working = runtime.spawn_blocking(move || {
                    started.send(()).unwrap();
                    shutdowns.recv().unwrap();
                    work()
                });
                starts.recv().unwrap();
                runtime.shutdown_background();
                shut_down.send(()).unwrap();
                block_on(working).unwrap()
            }
            Self::BlockInPlace => in_task(&multi(), async { tokio::task::block_in_place(work) }),
            Self::BlockInPlaceOfRoot => {
                multi().block_on(async { tokio::task::block_in_place(work) })
            }
            Self::ThreadInTask => in_task(&multi(), async { thread::spawn(work).join().unwrap() }),
            _ => self.run_async(work),
        }
    }

    fn run_async<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> T {
        match self {
            Self::Task => in_task(&multi(), async { work() }),
            Self::TaskCurrent => in_task(&current(), async { work() }),
            Self::Root => multi().block_on(async { work() }),
            Self::RootCurrent => current().block_on(async { work() }),
            Self::RootNoDrivers => {
                build(&mut Builder::new_current_thread()).block_on(async { work() })
            }
            Self::LocalTask | Self::LocalTaskOfMulti => {
                let runtime = match self {
                    Self::LocalTask => current(),
                    _ => multi(),
                };
                let local = tokio::task::LocalSet::new();
                local.block_on(&runtime, async {
                    tokio::task::spawn_local(async { work() }).await.unwrap()
                })
            }
            Self::Unconstrained => in_task(&multi(), tokio::task::unconstrained(async { work() })),
            Self::UnconstrainedCurrent => {
                in_task(&current(), tokio::task::unconstrained(async { work() }))
            }
            Self::UnconstrainedRootCurrent => {
                current().block_on(tokio::task::unconstrained(async { work() }))
            }
            Self::BudgetSpent => in_task(&multi(), async {
                while tokio::task::coop::has_budget_remaining() {
                    let mut spending = pin!(tokio::task::consume_budget());
                    poll_fn(|cx| Poll::Ready(spending.as_mut().poll(cx).is_ready())).await;
                }
                work()
            }),
            Self::Selected => in_task(&multi(), async {
                tokio::select! {
                    biased;
                    () = pending() => unreachable!("it does not end"),
                    done = async { work() } => done,
                }
            }),
            Self::OtherExecutorInTask => in_task(&multi(), async { block_on(async { work() }) }),
            Self::BlockOnInSpawnBlocking => {
                on_blocking_thread(&multi(), || Handle::current().block_on(async { work() }))
            }
            Self::BlockOnInBlockInPlace => in_task(&multi(), async {
                tokio::task::block_in_place(|| Handle::current().block_on(async { work() }))
            }),
            context => unreachable!("a thread may wait in {context:?}"),
        }
    }
}

#[test]
fn blocking_client_works_where_blocking_is_allowed() {
    let server = Arc::new(EventServer::start().unwrap());
    for context in BLOCKING_ALLOWED {
        let client = blocking_client(&server);
        let results = run_watched(&format!("{context:?}"), move || {
            context.run(|| call_each_method(client))
        });
        assert_eq!(results.len(), 8, "{context:?}");
        for (call, result) in results {
            assert!(result.is_ok(), "{call} in {context:?}: {result:?}");
        }
        // Building the client in the same context works too.
        let server = Arc::clone(&server);
        run_watched(&format!("{context:?}"), move || {
            context.run(move || blocking_client(&server).send(item(1)).map(drop))
        })
        .unwrap();
    }
    assert_nothing_panicked();
}

#[test]
fn blocking_client_in_async_code_is_an_error() {
    let server = Arc::new(EventServer::start().unwrap());
    for context in BLOCKING_FORBIDDEN {
        let client = blocking_client(&server);
        let results = run_watched(&format!("{context:?}"), move || {
            context.run(|| call_each_method(client))
        });
        assert_eq!(results.len(), 8, "{context:?}");
        for (call, result) in results {
            assert!(
                matches!(result, Err(SendError::InsideRuntime)),
                "{call} in {context:?}: {result:?}"
            );
        }
    }
    assert!(server.events().is_empty());
    assert_nothing_panicked();
}

/// The root future has its own thread, so blocking it stops no other task.
#[test]
fn blocking_client_in_an_unconstrained_root_works() {
    let server = EventServer::start().unwrap();
    let client = blocking_client(&server);
    let sent = run_watched("an unconstrained root", move || {
        multi().block_on(tokio::task::unconstrained(async move {
            client.send(item(1)).map(drop)
        }))
    });
    sent.unwrap();
    assert_nothing_panicked();
}

#[tokio::test]
async fn blocking_check_uses_no_task_budget() {
    let server = EventServer::start().unwrap();
    let client = blocking_client(&server);
    let left = || {
        let mut left = 0;
        let mut cx = Context::from_waker(Waker::noop());
        while let Poll::Ready(spent) = tokio::task::coop::poll_proceed(&mut cx) {
            spent.made_progress();
            left += 1;
        }
        left
    };
    tokio::task::yield_now().await;
    client.send(item(1)).unwrap_err();
    let after = left();
    tokio::task::yield_now().await;
    assert_eq!(after, left());
}
