using Aria.Cli.Nodes;
using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Node;

namespace Aria.Cli.Benchmarks;

/// <summary>A model that is being measured: opened, and prepared in an engine that holds all of it.</summary>
internal sealed class BenchTarget : IDisposable
{
    private readonly ModelFile _model;
    private readonly bool _ownPeak;
    private long? _peak;

    private BenchTarget(ModelFile model, SpanEngine engine, int threads, TimeSpan load, bool ownPeak) =>
        (_model, Engine, Threads, Load, _ownPeak) = (model, engine, threads, load, ownPeak);

    public SpanEngine Engine { get; }

    public string Name => _model.Name;

    public int Threads { get; }

    public int Context => _model.Shape.Context;

    /// <summary>From opening the file to the first token that could be computed.</summary>
    public TimeSpan Load { get; }

    /// <exception cref="CommandFailedException">No such model, no model, one that is larger than the memory, or kernels that this machine cannot run.</exception>
    public static BenchTarget Open(string nameOrPath, EngineOptions options, TimeProvider time)
    {
        bool ownPeak = PeakMemory.Reset();
        long began = time.GetTimestamp();
        ModelFile model = ModelNames.Open(nameOrPath);
        try
        {
            ModelTooLargeException.ThrowIfTooLarge(model, StageSpan.Whole(model.Shape.Layers), positions: 0, MachineMemory.AvailableBytes());
            SpanEngine engine = new(model, StageSpan.Whole(model.Shape.Layers), options);
            return new(model, engine, options.Threads, time.GetElapsedTime(began), ownPeak);
        }
        catch (ModelTooLargeException e)
        {
            model.Dispose();
            throw new CommandFailedException(ExitCode.Precondition, "model_too_large", e.Problem, "free memory, or choose a smaller model", e);
        }
        catch (PlatformNotSupportedException e)
        {
            model.Dispose();
            throw new CommandFailedException(ExitCode.Precondition, "kernels_unavailable", e.Message, "--kernels auto", e);
        }
    }

    /// <summary>Refuses tokens that are more than the model's context.</summary>
    /// <exception cref="CommandFailedException">They do not fit.</exception>
    public void RequireRoomFor(int tokens, string next)
    {
        if (tokens > Context)
        {
            throw CommandFailedException.Precondition("context_too_long", $"{tokens} tokens do not fit the context of {Name}, which is {Context}.", next);
        }
    }

    /// <summary>Those of <paramref name="lengths"/> that leave room for <paramref name="generated"/> tokens.</summary>
    /// <exception cref="CommandFailedException">None does.</exception>
    public int[] ThatFit(int[] lengths, int generated) => lengths.Where(length => length + generated <= Context).ToArray() is { Length: > 0 } fitting
        ? fitting
        : throw CommandFailedException.Precondition("context_too_long", $"{generated} tokens leave no room in the context of {Name}, which is {Context}.", $"-n {Context / 4}");

    /// <summary>Notes the memory that model and engine took so far: called after the first run, before anything that only measures takes memory of its own.</summary>
    public void NotePeakMemory() => _peak ??= _ownPeak ? PeakMemory.Bytes : null;

    /// <summary>Reads all weights once, for the model's id.</summary>
    public BenchModel Describe() => new(_model.Name, _model.Id.ToString(), _model.FileBytes, Load.TotalSeconds, _peak, _peak / (double)_model.FileBytes);

    public void Dispose()
    {
        Engine.Dispose();
        _model.Dispose();
    }
}
