using Aria.Pipeline.Control;

namespace Aria.Pipeline.Stages;

/// <summary>A session cannot go on; caught where it becomes a <see cref="ControlMessage.Fault"/>.</summary>
internal sealed class StageFaultException(FaultCode code, string text, int? position = null, int? layer = null, Exception? cause = null) : Exception(text, cause)
{
    public ControlMessage.Fault Fault { get; } = new(code, position, layer, text);
}
