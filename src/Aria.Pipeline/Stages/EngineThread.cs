using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;
using Aria.Engine.Execution;

namespace Aria.Pipeline.Stages;

/// <summary>
/// The one thread that calls a span's engine; computing keeps no thread of the pool, on which the streams live. Each session has at most one step
/// here, so the queues are bounded by the number of sessions. Steps of one token and longer ones take turns where both wait: an answer that is being
/// written is not held up by the prompts of many others, nor they by it.
/// </summary>
internal sealed class EngineThread : IDisposable
{
    private readonly ConcurrentQueue<EngineWork> _short = new();
    private readonly ConcurrentQueue<EngineWork> _long = new();
    private readonly SemaphoreSlim _waiting = new(0);
    private readonly Thread _thread;
    private volatile bool _ended;

    /// <summary>Starts the thread. It does not own <paramref name="engine"/>.</summary>
    public EngineThread(SpanEngine engine)
    {
        Engine = engine;
        _thread = new(Work) { IsBackground = true, Name = $"engine {engine.Span}" };
        _thread.Start();
    }

    public SpanEngine Engine { get; }

    /// <summary>Runs <paramref name="work"/> on the thread; fails as the work does. One call at a time for the same work.</summary>
    /// <exception cref="ObjectDisposedException">The thread has ended.</exception>
    public ValueTask RunAsync(EngineWork work)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        ValueTask done = work.Begin();
        (work.IsShort ? _short : _long).Enqueue(work);
        _waiting.Release();
        return done;
    }

    /// <summary>Runs what is queued, then ends the thread. Nobody may call <see cref="RunAsync"/> meanwhile.</summary>
    public void Dispose()
    {
        _ended = true;
        _waiting.Release();
        _thread.Join();
        _waiting.Dispose();
    }

    private void Work()
    {
        for (bool afterShort = false; ; afterShort = !afterShort)
        {
            _waiting.Wait();
            (ConcurrentQueue<EngineWork> first, ConcurrentQueue<EngineWork> second) = afterShort ? (_long, _short) : (_short, _long);
            if (!first.TryDequeue(out EngineWork? work) && !second.TryDequeue(out work))
            {
                return;     // the last release is the end's
            }

            work.Execute(Engine);
        }
    }
}

/// <summary>A step that runs on an <see cref="EngineThread"/>, used again and again.</summary>
internal abstract class EngineWork : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _done = new() { RunContinuationsAsynchronously = true };

    /// <summary>Whether it computes one position.</summary>
    public abstract bool IsShort { get; }

    public ValueTask Begin()
    {
        _done.Reset();
        return new(this, _done.Version);
    }

    public void Execute(SpanEngine engine)
    {
        try
        {
            Run(engine);
        }
        catch (Exception failure)
        {
            _done.SetException(failure);
            return;
        }

        _done.SetResult(true);
    }

    public void GetResult(short token) => _done.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _done.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);

    protected abstract void Run(SpanEngine engine);
}
