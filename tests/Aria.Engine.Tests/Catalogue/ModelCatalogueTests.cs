using Aria.Engine.Catalogue;
using Aria.Engine.Synthesis;

namespace Aria.Engine.Tests.Catalogue;

public class ModelCatalogueTests
{
    // Bytes of tensor data, from the published shapes and the sizes of the tensor types.
    public static TheoryData<string, long> TensorBytes => new()
    {
        { "bitnet_b1_58-large", 269_026_560 },
        { "bitnet_b1_58-3B", 1_012_104_384 },
        { "BitNet-b1.58-2B-4T", 1_179_449_920 },
        { "Falcon-E-1B", 665_203_968 },
        { "Falcon-E-3B", 998_784_000 },
        { "Falcon3-1B", 1_357_164_480 },
        { "Falcon3-3B", 2_216_723_264 },
        { "Falcon3-7B", 3_273_836_672 + 98_304 },
        { "Falcon3-10B", 3_986_641_664 },
        { "Llama3-8B-1.58", 3_847_248_896 },
    };

    [Theory]
    [MemberData(nameof(TensorBytes))]
    public void Shapes_GiveThePublishedSizes(string name, long bytes)
    {
        CatalogueModel model = ModelCatalogue.Find(name)!;
        Assert.Equal(bytes, ModelSynthesis.Plan(new(model)).DataBytes);
        if (ModelCatalogue.Files.SingleOrDefault(file => file.Model == model) is { } official)
        {
            Assert.InRange(official.Bytes - bytes, 1_000_000, 8_400_000);      // metadata and tensor table
        }
    }

    [Fact]
    public void EveryModel_IsListedOnce_AndFoundInAnyCase()
    {
        Assert.Equal(TensorBytes.Count, ModelCatalogue.Models.Select(model => model.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.Equal(ModelCatalogue.Models.Count, TensorBytes.Count);
        Assert.Equal("Falcon3-7B", ModelCatalogue.Find("falcon3-7b")!.Name);
        Assert.Null(ModelCatalogue.Find("aria-tiny"));
        Assert.Equal(7, ModelCatalogue.Files.Select(file => file.Sha256).Distinct().Count());
    }

    [Fact]
    public void AFile_IsRecognisedByItsDigest_WhichIsAskedForOnlyIfTheLengthFits()
    {
        CatalogueFile official = ModelCatalogue.Files.Single(file => file.Model.Name == "BitNet-b1.58-2B-4T");
        Assert.Same(official, ModelCatalogue.Recognise(official.Bytes, () => official.Sha256));
        Assert.Equal(("llama-bpe", "bitnet-b1.58-2B-4T"), (official.Model.Pre, official.Model.ChatLayout));
        Assert.Null(ModelCatalogue.Recognise(official.Bytes, () => default));
        Assert.Null(ModelCatalogue.Recognise(official.Bytes + 1, () => throw new InvalidOperationException("not needed")));
    }
}
