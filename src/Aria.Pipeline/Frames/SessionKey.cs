namespace Aria.Pipeline.Frames;

/// <summary>Names one end of one attempt: a stage by its index, the gateway by the number of stages.</summary>
public readonly record struct SessionKey(JobId Job, int Epoch, int Index)
{
    /// <summary><c>job/epoch/index</c></summary>
    public override string ToString() => $"{Job}/{Epoch}/{Index}";
}
